package dev.homeport.testkit.process;

import com.google.protobuf.ByteString;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.StreamRecorder;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.AbsentGrpc;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.Nothing;
import dev.homeport.testkit.proto.UploadReply;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A client that knows only {@code io.grpc}: {@code PlainClient <target>}. Makes a call of each kind and prints one
 * line for each, which is the same whatever carries it. Then waits, connected, for the end of its standard input.
 */
public final class PlainClient {
    /** The last line. */
    public static final String DONE = "done";

    private final ManagedChannel channel;
    private final EchoGrpc.EchoBlockingStub blocking;

    private PlainClient(ManagedChannel channel) {
        this.channel = channel;
        this.blocking = EchoGrpc.newBlockingStub(channel);
    }

    /** Makes the calls. */
    public static void main(String[] arguments) throws Exception {
        ManagedChannel channel = Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create())
                .build();
        PlainClient client = new PlainClient(channel);
        client.unaryCalls();
        client.streams();
        client.failures();
        client.surroundings();
        System.out.println(DONE);
        awaitEndOfInput();
        channel.shutdownNow().awaitTermination(Wait.LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    private static void awaitEndOfInput() throws IOException {
        while (System.in.read() >= 0) {
            // Nothing is said to a client but to end.
        }
    }

    private static void print(String kind, Object result) {
        System.out.println(kind + ": " + result.toString().replace("\n", "\\n"));
    }

    private static String text(EchoReply reply) {
        return reply.getSequence() + "/" + reply.getPayload().size() + "/" + Payload.isIntact(reply);
    }

    private void unaryCalls() throws Exception {
        print("empty", blocking.empty(Nothing.getDefaultInstance()).getSerializedSize());
        print("blocking", text(blocking.unary(Payload.request(100, 1))));
        print("large", text(blocking.unary(Payload.request(3_000_000, 2))));
        print("blocking v2", text(EchoGrpc.newBlockingV2Stub(channel).unary(Payload.request(100, 3))));
        print("future", text(Wait.get(EchoGrpc.newFutureStub(channel).unary(Payload.request(100, 4)))));
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();
        EchoGrpc.newStub(channel).unary(Payload.request(100, 5), recorder);
        print("async", text(recorder.awaitValue()) + " " + recorder.awaitEnd().getCode());
    }

    private void streams() throws Exception {
        long sum = 0;
        Iterator<EchoReply> replies = blocking.download(
                DownloadRequest.newBuilder().setCount(1_000).setBytes(50).build());
        while (replies.hasNext()) {
            EchoReply reply = replies.next();
            sum = sum * 31 + reply.getChecksum() + reply.getSequence();
        }
        print("download", sum);
        StreamRecorder<EchoRequest, UploadReply> upload = new StreamRecorder<>();
        StreamObserver<EchoRequest> requests = EchoGrpc.newStub(channel).upload(upload);
        for (int i = 0; i < 1_000; i++) {
            requests.onNext(Payload.request(i, i));
        }
        requests.onCompleted();
        UploadReply received = upload.awaitValue();
        print("upload", received.getCount() + "/" + received.getBytes() + "/" + received.getDamaged());
        chat();
    }

    private void chat() throws Exception {
        BlockingClientCall<EchoRequest, EchoReply> call =
                EchoGrpc.newBlockingV2Stub(channel).chat();
        StringBuilder heard = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            call.write(Payload.request(10, i));
            heard.append(text(call.read())).append(' ');
        }
        call.halfClose();
        print("chat", heard.toString() + call.hasNext());
    }

    private void failures() {
        EchoRequest.Builder request = Payload.request(1, 1).toBuilder();
        request.getOutcomeBuilder().setCode(Status.Code.ABORTED.value()).setDescription("Gründe: 100 %\nund mehr");
        print("status", end(() -> blocking.unary(request.build())));
        print("missing method", end(() -> blocking.missing(Nothing.getDefaultInstance())));
        print(
                "missing service",
                end(() -> AbsentGrpc.newBlockingStub(channel).missing(Nothing.getDefaultInstance())));
        print("too large", code(() -> blocking.unary(Payload.request(5 << 20, 1))));
        EchoRequest slow = EchoRequest.newBuilder().setDelayMillis(5_000).build();
        print("deadline", code(() ->
                blocking.withDeadlineAfter(50, TimeUnit.MILLISECONDS).unary(slow)));
        StreamRecorder<EchoRequest, EchoReply> recorder = new StreamRecorder<>();
        EchoGrpc.newStub(channel).chat(recorder);
        recorder.requests().cancel("enough", null);
        print("cancel", recorder.awaitEnd().getCode() + " " + recorder.awaitEnd().getDescription());
    }

    private static String end(Runnable call) {
        try {
            call.run();
            return "OK";
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode() + " " + e.getStatus().getDescription();
        }
    }

    private static Status.Code code(Runnable call) {
        try {
            call.run();
            return Status.Code.OK;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode();
        }
    }

    private void surroundings() {
        EchoRequest.Builder request = Payload.request(1, 1).toBuilder();
        request.addReplyHeadersBuilder().setName("colour").setValue(ascii("green"));
        request.addReplyTrailersBuilder().setName("bytes-bin").setValue(Payload.of(20, 9));
        AtomicReference<Metadata> headers = new AtomicReference<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        blocking.withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
                .withCompression("gzip")
                .unary(request.build());
        print("header", headers.get().get(Metadata.Key.of("colour", Metadata.ASCII_STRING_MARSHALLER)));
        byte[] bytes = trailers.get().get(Metadata.Key.of("bytes-bin", Metadata.BINARY_BYTE_MARSHALLER));
        print("trailer", Payload.of(20, 9).equals(ByteString.copyFrom(bytes)));
        print(
                "health",
                HealthGrpc.newBlockingStub(channel)
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus());
        print("state", channel.getState(false));
    }

    private static ByteString ascii(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
