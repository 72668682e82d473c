package dev.homeport.testkit;

import dev.homeport.testkit.proto.Header;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.List;

/** Lets a handler add headers and trailers to the reply of its call. One instance per call, found in the Context. */
final class ReplyMetadata {
    private static final Context.Key<ReplyMetadata> KEY = Context.key("reply metadata");

    private final Metadata headers = new Metadata();
    private final Metadata trailers = new Metadata();

    /** That of the running call. */
    static ReplyMetadata current() {
        return KEY.get();
    }

    void add(List<Header> replyHeaders, List<Header> replyTrailers) {
        headers.merge(metadata(replyHeaders));
        trailers.merge(metadata(replyTrailers));
    }

    /** The same entries as metadata, in the same order. */
    static Metadata metadata(List<Header> entries) {
        Metadata metadata = new Metadata();
        for (Header entry : entries) {
            if (entry.getName().endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                metadata.put(
                        Metadata.Key.of(entry.getName(), Metadata.BINARY_BYTE_MARSHALLER),
                        entry.getValue().toByteArray());
            } else {
                metadata.put(
                        Metadata.Key.of(entry.getName(), Metadata.ASCII_STRING_MARSHALLER),
                        entry.getValue().toStringUtf8());
            }
        }
        return metadata;
    }

    static ServerInterceptor interceptor() {
        return new ServerInterceptor() {
            @Override
            public <Q, P> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, P> call, Metadata requestHeaders, ServerCallHandler<Q, P> next) {
                ReplyMetadata reply = new ReplyMetadata();
                Context context = Context.current().withValue(KEY, reply);
                return Contexts.interceptCall(context, reply.new Adding<>(call), requestHeaders, next);
            }
        };
    }

    private final class Adding<Q, P> extends SimpleForwardingServerCall<Q, P> {
        Adding(ServerCall<Q, P> call) {
            super(call);
        }

        @Override
        public void sendHeaders(Metadata sent) {
            sent.merge(headers);
            super.sendHeaders(sent);
        }

        @Override
        public void close(Status status, Metadata sent) {
            sent.merge(trailers);
            super.close(status, sent);
        }
    }
}
