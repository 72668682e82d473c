package dev.homeport.carry;

import com.google.protobuf.UnsafeByteOperations;
import dev.homeport.Peer;
import dev.homeport.Route;
import dev.homeport.call.CallWindow;
import dev.homeport.call.CallbackChannel;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.Connection;
import dev.homeport.call.EnclosingCall;
import dev.homeport.idl.v1.Carried;
import dev.homeport.idl.v1.CarrierOpen;
import dev.homeport.idl.v1.CarrierReady;
import dev.homeport.idl.v1.CarrierRetire;
import dev.homeport.spi.EndCause;
import io.grpc.Attributes;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One carrying stream, on the server's side: the connection by which it calls that client back. Any thread; gRPC's
 * events come one at a time.
 */
public final class ServedCarrier {
    /** Authority of callbacks: who called has no name. */
    private static final String CALLER = "caller";

    private final ServedCarriers all;
    private final ServerCall<Carried, Carried> call;
    private final CallTag.Token token = CallTag.Token.random();
    private final Runnable onOver;
    private final AtomicBoolean retired = new AtomicBoolean();
    private final AtomicBoolean over = new AtomicBoolean();
    private final Stream stream = new Stream();
    /** Null until the client has opened the stream. Written once, by gRPC's events. */
    private volatile @Nullable CarrierPort port;
    private volatile @Nullable Connection connection;
    private volatile @Nullable Channel channel;
    private volatile Peer.@Nullable Watch death;

    /** @param onOver run once, when the stream is over */
    ServedCarrier(ServedCarriers all, ServerCall<Carried, Carried> call, Runnable onOver) {
        this.all = all;
        this.call = call;
        this.onOver = onOver;
    }

    ServerCall.Listener<Carried> listener() {
        call.request(1);
        Peer client = call.getAttributes().get(Peer.ATTRIBUTE);
        if (client != null) {
            // gRPC's word of a stream's end is lost if the program has shut its executor down.
            death = client.onDeath(this::gone);
            if (over.get()) {
                death.close();
            }
        }
        return new Events();
    }

    private void gone() {
        over();
        CarrierPort open = port;
        if (open != null) {
            open.onEnd(EndCause.of(EndCause.Kind.FAILURE, "the client or the way to it is gone"));
        }
    }

    private void over() {
        if (over.compareAndSet(false, true)) {
            Peer.Watch watch = death;
            if (watch != null) {
                watch.close();
            }
            onOver.run();
        }
    }

    CallTag.Token token() {
        return token;
    }

    /** The way back to the client. */
    public Channel channel() {
        return channel;
    }

    /** Its frames and callbacks. */
    public Connection connection() {
        return connection;
    }

    /** The depth of a call with this tag: one more than that of the callback in which it is made. */
    public int depthOf(CallTag tag) {
        EnclosingCall parent = tag.parent() == CallTag.NO_PARENT ? null : connection.openCall(tag.parent());
        return parent == null ? 0 : parent.depth() + 1;
    }

    /** Has the client name this stream in no more calls, and drain it after those that do. */
    public void retire() {
        CarrierPort open = port;
        if (open != null && retired.compareAndSet(false, true)) {
            open.send(Carried.newBuilder().setRetire(CarrierRetire.getDefaultInstance()).build());
        }
    }

    private void refuse(Status status) {
        call.close(status, new Metadata());
    }

    private void open(CarrierOpen said) {
        String refusal = CarrierTerms.refusal(said);
        int maxFrameBytes =
                Math.min(CarrierPort.MAX_FRAME_BYTES, all.limits().maxMessageBytes() - CarrierPort.ENVELOPE_BYTES);
        if (refusal != null || maxFrameBytes < CarrierPort.MIN_FRAME_BYTES) {
            refuse(Status.FAILED_PRECONDITION.withDescription(
                    refusal != null ? refusal : "this server's limit on messages is too small for callbacks"));
            return;
        }
        CarrierPort opened = new CarrierPort(stream, said.getClientName(), said.getMaxFrameBytes());
        Connection made = new Connection(
                opened,
                CarrierTerms.setup(said.getClientName(), said.getMaxMetadataBytes(), said.getWindowBytes()),
                new ClientSettings(CALLER, null, all.limits(), attributes()),
                null,
                EnclosingCall.Table.NONE);
        opened.receiver(made);
        connection = made;
        channel = new CallbackChannel(made, CALLER);
        all.add(this);
        port = opened;
        made.whenEnded(() -> all.remove(this));
        call.sendHeaders(new Metadata());
        opened.send(Carried.newBuilder().setReady(ready(maxFrameBytes)).build());
        all.opened(this);
    }

    private Attributes attributes() {
        Attributes transport = call.getAttributes();
        if (transport.get(Peer.ATTRIBUTE) != null) {
            return transport;
        }
        return transport.toBuilder()
                .set(Peer.ATTRIBUTE, new RemotePeer(transport, Route.remote("by a carrying stream")))
                .build();
    }

    private CarrierReady ready(int maxFrameBytes) {
        return CarrierReady.newBuilder()
                .setVersion(CarrierTerms.VERSION)
                .setToken(UnsafeByteOperations.unsafeWrap(token.toBytes()))
                .setServerName("process " + ProcessHandle.current().pid())
                .setMaxMetadataBytes(all.limits().maxMetadataBytes())
                .setWindowBytes(CallWindow.BYTES)
                .setMaxFrameBytes(maxFrameBytes)
                .build();
    }

    /** What gRPC tells. */
    private final class Events extends ServerCall.Listener<Carried> {
        @Override
        public void onMessage(Carried message) {
            CarrierPort open = port;
            if (open != null && message.hasFrame()) {
                open.onFrame(message.getFrame());
            } else if (open == null && message.hasOpen()) {
                open(message.getOpen());
                call.request(1);
            } else {
                violated(open, message);
            }
        }

        private void violated(@Nullable CarrierPort open, Carried message) {
            String what = "out of place in a carrying stream: " + message.getContentCase();
            if (open == null) {
                refuse(Status.FAILED_PRECONDITION.withDescription(what));
            } else {
                open.close(EndCause.of(EndCause.Kind.VIOLATION, what));
            }
        }

        @Override
        public void onReady() {
            CarrierPort open = port;
            if (open != null) {
                open.onReady();
            }
        }

        /** Without BYE before it: the client is gone, in whatever order. */
        @Override
        public void onHalfClose() {
            CarrierPort open = port;
            if (open == null) {
                refuse(Status.CANCELLED.withDescription("a carrying stream that was not opened"));
            } else {
                open.close(EndCause.of(EndCause.Kind.PEER_CLOSE, "the client ended the carrying stream"));
            }
        }

        @Override
        public void onComplete() {
            over();
        }

        @Override
        public void onCancel() {
            gone();
        }
    }

    private final class Stream implements FrameStream {
        @Override
        public boolean isReady() {
            return call.isReady();
        }

        @Override
        public void send(Carried message) {
            call.sendMessage(message);
        }

        @Override
        public void request() {
            call.request(1);
        }

        @Override
        public void finish() {
            call.close(Status.OK, new Metadata());
        }

        @Override
        public void abort(String reason) {
            call.close(Status.INTERNAL.withDescription(reason), new Metadata());
        }
    }
}
