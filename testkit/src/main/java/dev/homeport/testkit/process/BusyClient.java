package dev.homeport.testkit.process;

import dev.homeport.testkit.Payload;
import dev.homeport.testkit.StreamRecorder;
import dev.homeport.testkit.proto.DownloadRequest;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import dev.homeport.testkit.proto.UploadReply;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;

/** A client in the midst of a call of each kind, until it is killed: {@code BusyClient <target>}. */
public final class BusyClient {
    private static final int NEVER_MILLIS = 3_600_000;

    private BusyClient() {}

    /** Says {@link PlainClient#DONE} when the calls are open and each has been heard of at the server. */
    public static void main(String[] arguments) throws InterruptedException {
        ManagedChannel channel = Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create())
                .build();
        EchoGrpc.EchoBlockingStub blocking = EchoGrpc.newBlockingStub(channel);
        blocking.unary(Payload.request(1_000_000, 1));
        EchoGrpc.EchoStub stub = EchoGrpc.newStub(channel);
        stub.unary(EchoRequest.newBuilder().setDelayMillis(NEVER_MILLIS).build(), new StreamRecorder<>());
        StreamRecorder<EchoRequest, UploadReply> upload = new StreamRecorder<>();
        stub.upload(upload).onNext(Payload.request(100_000, 0));
        StreamRecorder<EchoRequest, EchoReply> chat = new StreamRecorder<>();
        StreamObserver<EchoRequest> requests = stub.chat(chat);
        requests.onNext(Payload.request(10, 0));
        chat.awaitValue();
        var replies = blocking.download(
                DownloadRequest.newBuilder().setCount(Integer.MAX_VALUE).setBytes(1_000).build());
        replies.next();
        // Replies that stand in sections of the server, most of them not yet read.
        var large = blocking.download(
                DownloadRequest.newBuilder().setCount(Integer.MAX_VALUE).setBytes(200_000).build());
        large.next();
        large.next();
        blocking.unary(Payload.request(1, 2));
        System.out.println(PlainClient.DONE);
        Thread.currentThread().join();
    }
}
