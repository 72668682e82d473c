package dev.homeport.route.serve;

import dev.homeport.Peer;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Looks at the rules for calls by TCP, before every other interceptor. Put there only if rules are set. */
public record RemoteGuard(AccessRules rules) implements ServerInterceptor {

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String method = call.getMethodDescriptor().getFullMethodName();
        Peer peer = call.getAttributes().get(Peer.ATTRIBUTE);
        if (peer != null && rules.allows(method, peer)) {
            return next.startCall(call, headers);
        }
        return AccessRules.refuse(call, peer);
    }
}
