package dev.homeport.call;

import io.grpc.Context;

/**
 * The call that a handler serves, as calls that it starts in its {@link Context} see it: on the same connection
 * they are part of that call, and everywhere one level deeper. Only where callbacks are possible.
 *
 * @param connection by which the caller is called back: that of the call, or over TCP the one that a stream carries
 * @param number of the call on that connection
 * @param depth calls around it that wait for it
 */
public record CallScope(Connection connection, int number, int depth) {
    /** Calls that may be made in each other, there and back. More are a loop, and each holds a stack at both ends. */
    public static final int MAX_DEPTH = 32;

    public static final Context.Key<CallScope> KEY = Context.key("dev.homeport.call.CallScope");

    /** The depth of a call that is started in the current Context. */
    public static int nextDepth() {
        CallScope scope = KEY.get();
        return scope == null ? 0 : scope.depth + 1;
    }

    /** What a caller is told. */
    public static String tooDeep(int depth) {
        return "callbacks nested too deep: depth=" + depth + ", max=" + MAX_DEPTH;
    }
}
