package dev.homeport.call;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientCall.Listener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * The call that is made in place of one which the peer provably never acted on. Its events go straight to the
 * application's listener; what the application does to the first call goes on to it from there. Any thread.
 */
final class Successor<Q, R> {
    /** Times a call was started again already. */
    private static final CallOptions.Key<Integer> RESTARTS =
            CallOptions.Key.createWithDefault("dev.homeport.restarts", 0);

    /** A call is started again so often: who dies that often before it reads is no server. */
    private static final int MAX_RESTARTS = 4;

    private final CallInbound asked;
    /** Null until it is started. */
    private volatile @Nullable ClientCall<Q, R> call;

    /** @param asked what the application asked the first call for: what that one did not give, this one owes */
    Successor(CallInbound asked) {
        this.asked = asked;
    }

    /** Whether a call with these options may have one. */
    static boolean isAllowed(CallOptions options) {
        return options.getOption(RESTARTS) < MAX_RESTARTS;
    }

    /** Makes the call and starts it. */
    void start(
            Channel channel, MethodDescriptor<Q, R> method, CallOptions options, Listener<R> listener,
            Metadata headers, @Nullable Q request, boolean halfClose) {
        ClientCall<Q, R> next =
                channel.newCall(method, options.withOption(RESTARTS, options.getOption(RESTARTS) + 1));
        try {
            next.start(listener, headers);
            call = next;
            passRequests();
            if (request != null) {
                next.sendMessage(request);
            }
            if (halfClose) {
                next.halfClose();
            }
        } catch (RuntimeException e) {
            next.cancel("failed while it was started again", e);
        }
    }

    void passRequests() {
        ClientCall<Q, R> next = call;
        if (next != null) {
            int owed = asked.takeRequests();
            if (owed > 0) {
                next.request(owed);
            }
        }
    }

    void sendMessage(Q message) {
        ClientCall<Q, R> next = call;
        if (next != null) {
            next.sendMessage(message);
        }
    }

    void halfClose() {
        ClientCall<Q, R> next = call;
        if (next != null) {
            next.halfClose();
        }
    }

    void cancel(@Nullable String message, @Nullable Throwable cause) {
        ClientCall<Q, R> next = call;
        if (next != null) {
            next.cancel(message, cause);
        }
    }

    boolean isReady() {
        ClientCall<Q, R> next = call;
        return next != null && next.isReady();
    }

    /** Null until it is started. */
    @Nullable Attributes attributes() {
        ClientCall<Q, R> next = call;
        return next == null ? null : next.getAttributes();
    }
}
