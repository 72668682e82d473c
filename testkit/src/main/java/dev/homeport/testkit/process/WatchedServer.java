package dev.homeport.testkit.process;

import dev.homeport.Peer;
import dev.homeport.testkit.Payload;
import dev.homeport.testkit.Wait;
import dev.homeport.testkit.proto.EchoGrpc;
import dev.homeport.testkit.proto.EchoReply;
import dev.homeport.testkit.proto.EchoRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;

/**
 * A server that answered a call, and what its client was told of its end.
 *
 * @param byPeer by {@link Peer#onDeath}
 * @param byState by the channel, which is READY no more
 */
public record WatchedServer(ManagedChannel channel, Told byPeer, Told byState) {
    /** Calls once through that channel, and watches who answered. */
    public static WatchedServer of(ManagedChannel channel) {
        CompletableFuture<Peer> server = new CompletableFuture<>();
        CompletableFuture<Status> ended = new CompletableFuture<>();
        ClientCall<EchoRequest, EchoReply> call = channel.newCall(EchoGrpc.getUnaryMethod(), CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {
            @Override
            public void onHeaders(Metadata headers) {
                server.complete(call.getAttributes().get(Peer.ATTRIBUTE));
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                ended.complete(status);
            }
        }, new Metadata());
        call.request(2);
        call.sendMessage(Payload.request(1, 1));
        call.halfClose();
        if (!Wait.get(ended).isOk()) {
            throw new AssertionError("the call before the end: " + Wait.get(ended));
        }
        WatchedServer watched = new WatchedServer(channel, new Told(), new Told());
        Wait.get(server).onDeath(watched.byPeer::now);
        channel.notifyWhenStateChanged(ConnectivityState.READY, watched.byState::now);
        return watched;
    }
}
