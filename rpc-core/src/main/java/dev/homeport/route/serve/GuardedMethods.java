package dev.homeport.route.serve;

import dev.homeport.Peer;
import dev.homeport.call.MethodLookup;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The methods of a server as one peer may call them: those it may not are served by a refusal, whether they exist
 * or not. The connection remembers what it found, so that a rule is looked at once for each method and connection,
 * and calls cost nothing more.
 *
 * @param methods all of the server's
 * @param peer known before the first call
 */
record GuardedMethods(MethodLookup methods, AccessRules rules, Supplier<Peer> peer) implements MethodLookup {

    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookup(String fullMethodName, @Nullable String authority) {
        return rules.allows(fullMethodName, peer.get())
                ? methods.lookup(fullMethodName, authority)
                : Refusal.of(fullMethodName, peer.get());
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> registered(String fullMethodName) {
        return rules.allows(fullMethodName, peer.get())
                ? methods.registered(fullMethodName)
                : Refusal.of(fullMethodName, peer.get());
    }

    /** Serves a method that the peer may not call. */
    private static final class Refusal implements ServerCallHandler<InputStream, InputStream> {
        private final Peer peer;

        private Refusal(Peer peer) {
            this.peer = peer;
        }

        static ServerMethodDefinition<?, ?> of(String method, Peer peer) {
            MethodDescriptor<InputStream, InputStream> any = MethodDescriptor.<InputStream, InputStream>newBuilder()
                    .setType(MethodType.UNKNOWN)
                    .setFullMethodName(method)
                    .setRequestMarshaller(Unread.INSTANCE)
                    .setResponseMarshaller(Unread.INSTANCE)
                    .build();
            return ServerMethodDefinition.create(any, new Refusal(peer));
        }

        @Override
        public ServerCall.Listener<InputStream> startCall(
                ServerCall<InputStream, InputStream> call, Metadata headers) {
            return AccessRules.refuse(call, peer);
        }
    }

    /** Nothing of a refused call is ever read. */
    private enum Unread implements Marshaller<InputStream> {
        INSTANCE;

        @Override
        public InputStream stream(InputStream value) {
            return value;
        }

        @Override
        public InputStream parse(InputStream stream) {
            return new ByteArrayInputStream(new byte[0]);
        }
    }
}
