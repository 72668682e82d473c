package dev.homeport.call;

/** What a call may send before the receiver has consumed some of it. */
public final class CallWindow {
    /** grpc-netty's own default window, in bytes. */
    public static final int BYTES = 1024 * 1024;

    private CallWindow() {}
}
