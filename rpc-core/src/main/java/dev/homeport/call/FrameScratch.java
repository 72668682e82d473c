package dev.homeport.call;

/** Memory of a thread in which it builds a frame before the port copies it. */
final class FrameScratch {
    /** Holds any frame that a port takes whole; ports take at most this. */
    static final int BYTES = 16 * 1024;

    private static final ThreadLocal<byte[]> OF_THREAD = ThreadLocal.withInitial(() -> new byte[BYTES]);

    private FrameScratch() {}

    /** Valid until this thread builds its next frame. */
    static byte[] get() {
        return OF_THREAD.get();
    }
}
