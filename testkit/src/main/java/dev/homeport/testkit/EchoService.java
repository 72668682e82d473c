package dev.homeport.testkit;

import com.google.protobuf.ByteString;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.Nothing;
import dev.homeport.testkit.proto.Outcome;
import dev.homeport.testkit.proto.UploadReply;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Does what its requests say. Holds no state; a test overrides a method to do otherwise. */
public class EchoService extends EchoGrpc.EchoImplBase {
    /** The service with all that its requests can ask for, headers and trailers included. */
    public static ServerServiceDefinition definition() {
        return ServerInterceptors.intercept(new EchoService(), ReplyMetadata.interceptor());
    }

    @Override
    public void empty(Nothing request, StreamObserver<Nothing> reply) {
        reply.onNext(Nothing.getDefaultInstance());
        reply.onCompleted();
    }

    @Override
    public void unary(EchoRequest request, StreamObserver<EchoReply> reply) {
        if (request.getReplyHeadersCount() + request.getReplyTrailersCount() > 0) {
            ReplyMetadata.current().add(request.getReplyHeadersList(), request.getReplyTrailersList());
        }
        if (request.getDelayMillis() == 0) {
            answer(request, reply);
            return;
        }
        CompletableFuture.delayedExecutor(request.getDelayMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> answer(request, reply));
    }

    private static void answer(EchoRequest request, StreamObserver<EchoReply> reply) {
        if (!Payload.isIntact(request)) {
            reply.onError(Status.DATA_LOSS.withDescription("checksum").asRuntimeException());
        } else if (request.hasOutcome()) {
            end(request.getOutcome(), reply);
        } else {
            reply.onNext(replyTo(request));
            reply.onCompleted();
        }
    }

    /** The reply that a request asks for. */
    public static EchoReply replyTo(EchoRequest request) {
        ByteString payload = request.getReplyBytes() == 0
                ? request.getPayload()
                : Payload.of(request.getReplyBytes(), request.getSequence());
        return EchoReply.newBuilder()
                .setPayload(payload)
                .setChecksum(Payload.checksum(payload))
                .setSequence(request.getSequence())
                .build();
    }

    @Override
    public void download(DownloadRequest request, StreamObserver<EchoReply> reply) {
        ServerCallStreamObserver<EchoReply> sink = (ServerCallStreamObserver<EchoReply>) reply;
        sink.setOnReadyHandler(new Runnable() {
            private int sent;

            @Override
            public void run() {
                while (sent < request.getCount() && sink.isReady()) {
                    sink.onNext(Payload.reply(request.getBytes(), sent++));
                }
                if (sent == request.getCount()) {
                    sent++;
                    end(request.getOutcome(), sink);
                }
            }
        });
    }

    private static void end(Outcome outcome, StreamObserver<?> reply) {
        Status status = Status.fromCodeValue(outcome.getCode());
        if (status.isOk()) {
            reply.onCompleted();
        } else if (outcome.getDescription().isEmpty()) {
            reply.onError(status.asRuntimeException());
        } else {
            reply.onError(status.withDescription(outcome.getDescription()).asRuntimeException());
        }
    }

    @Override
    public StreamObserver<EchoRequest> upload(StreamObserver<UploadReply> reply) {
        return new StreamObserver<>() {
            private final UploadReply.Builder seen = UploadReply.newBuilder();

            @Override
            public void onNext(EchoRequest part) {
                boolean damaged = part.getSequence() != seen.getCount() || !Payload.isIntact(part);
                seen.setCount(seen.getCount() + 1)
                        .setBytes(seen.getBytes() + part.getPayload().size())
                        .setDamaged(seen.getDamaged() + (damaged ? 1 : 0));
            }

            @Override
            public void onError(Throwable cause) {
                // The client is gone; nobody waits for the reply.
            }

            @Override
            public void onCompleted() {
                reply.onNext(seen.build());
                reply.onCompleted();
            }
        };
    }

    @Override
    public StreamObserver<EchoRequest> chat(StreamObserver<EchoReply> reply) {
        return new StreamObserver<>() {
            @Override
            public void onNext(EchoRequest request) {
                if (request.hasOutcome()) {
                    end(request.getOutcome(), reply);
                } else {
                    reply.onNext(replyTo(request));
                }
            }

            @Override
            public void onError(Throwable cause) {
                // As above.
            }

            @Override
            public void onCompleted() {
                reply.onCompleted();
            }
        };
    }
}
