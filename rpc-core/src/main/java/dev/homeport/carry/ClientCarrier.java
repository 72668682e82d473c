package dev.homeport.carry;

import dev.homeport.Peer;
import dev.homeport.Route;
import dev.homeport.call.Connection;
import dev.homeport.call.EnclosingCall;
import dev.homeport.call.ServerSettings;
import dev.homeport.idl.v1.Carried;
import dev.homeport.idl.v1.CarrierReady;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.PortCounters;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One carrying stream, on the client's side, from the attempt to its end: the connection by which the server calls
 * back, and the calls that name it. Any thread; gRPC's events come one at a time.
 *
 * <p>Life: opening until the server is ready; then ready; then retired, when no more calls are to name it; it drains
 * once those that do have ended; then ended.
 */
public final class ClientCarrier {

    /** Who asked for the stream. Told without a lock; must not block. */
    public interface Owner {
        /** The stream is with a server, which has not answered yet. */
        void onSent(ClientCarrier carrier);

        /** Calls may name it from now on. */
        void onReady(ClientCarrier carrier);

        /** Calls are to name it no more, or never were. Once. */
        void onGone(ClientCarrier carrier, Status why);
    }

    private final ClientCall<Carried, Carried> call;
    private final Function<Attributes, ServerSettings> settings;
    private final Owner owner;
    private final Stream stream = new Stream();

    /** Protects what follows. Nothing is called under it. */
    private final Object lock = new Object();
    private final Map<Integer, EnclosingCall> naming = new HashMap<>();
    private int lastNumber;
    private boolean retired;
    private boolean draining;
    private boolean gone;

    // Written once by gRPC's events.
    private volatile CallTag.@Nullable Token token;
    private volatile @Nullable CarrierPort port;
    private volatile @Nullable Connection connection;

    /** @param settings how callbacks are served, by what the stream knows of its transport */
    private ClientCarrier(
            ClientCall<Carried, Carried> call, Function<Attributes, ServerSettings> settings, Owner owner) {
        this.call = call;
        this.settings = settings;
        this.owner = owner;
    }

    /**
     * Begins to open a stream. Its life is the channel's, so the current Context has no part in it.
     *
     * @param remote the channel whose server is to call back
     * @param waitForReady whether to wait for a server that cannot be reached
     * @param maxMetadataBytes that the client takes
     */
    public static ClientCarrier open(
            Channel remote,
            boolean waitForReady,
            int maxMetadataBytes,
            Function<Attributes, ServerSettings> settings,
            Owner owner) {
        CallOptions options = CallOptions.DEFAULT
                .withExecutor(Runnable::run)
                .withMaxInboundMessageSize(CarrierPort.MAX_FRAME_BYTES + CarrierPort.ENVELOPE_BYTES);
        CallOptions patient = waitForReady ? options.withWaitForReady() : options;
        Context before = Context.ROOT.attach();
        try {
            ClientCarrier carrier =
                    new ClientCarrier(remote.newCall(ServedCarriers.method(), patient), settings, owner);
            carrier.start(maxMetadataBytes);
            return carrier;
        } finally {
            Context.ROOT.detach(before);
        }
    }

    private void start(int maxMetadataBytes) {
        call.start(new Events(), new Metadata());
        call.request(1);
        call.sendMessage(Carried.newBuilder().setOpen(CarrierTerms.open(maxMetadataBytes)).build());
    }

    // ---- calls that name it ----

    /**
     * Takes a call in, in which the server may call back until {@link #leave}.
     *
     * @param parent number of the callback in which the call is made, or {@link CallTag#NO_PARENT}
     * @return what the call is to carry; null if the stream is retired
     */
    @Nullable CallTag enter(EnclosingCall caller, int parent) {
        synchronized (lock) {
            if (retired || token == null) {
                return null;
            }
            int number = ++lastNumber & Integer.MAX_VALUE;
            naming.put(number, caller);
            return new CallTag(token, number, parent);
        }
    }

    void leave(CallTag tag) {
        synchronized (lock) {
            naming.remove(tag.number());
        }
        drainIfDone();
    }

    private @Nullable EnclosingCall callOf(int number) {
        synchronized (lock) {
            return naming.get(number);
        }
    }

    @Nullable Connection connection() {
        return connection;
    }

    /** Whether calls name it, or callbacks are open. */
    public boolean isBusy() {
        synchronized (lock) {
            if (!naming.isEmpty()) {
                return true;
            }
        }
        Connection open = connection;
        return open != null && open.hasOpenCalls();
    }

    /** Grows with each call that names it and each frame. */
    public long movement() {
        CarrierPort open = port;
        PortCounters counters = open == null ? new PortCounters(0, 0, 0, 0, 0) : open.counters();
        synchronized (lock) {
            return lastNumber + counters.framesRead() + counters.framesSent();
        }
    }

    // ---- its end ----

    /** Is named by no more calls; drains after those that name it. Quiet when done twice. */
    public void retire() {
        synchronized (lock) {
            retired = true;
        }
        if (connection == null) {
            call.cancel("the channel needs no callbacks any more", null);
        }
        tellGone(Status.UNAVAILABLE.withDescription("the carrying stream is retired"));
        drainIfDone();
    }

    private void drainIfDone() {
        Connection open = connection;
        synchronized (lock) {
            if (!retired || draining || open == null || !naming.isEmpty()) {
                return;
            }
            draining = true;
        }
        open.shutdown();
    }

    private void tellGone(Status why) {
        synchronized (lock) {
            retired = true;
            if (gone) {
                return;
            }
            gone = true;
        }
        owner.onGone(this, why);
    }

    // ---- gRPC's events ----

    private void ready(CarrierReady said) {
        CallTag.Token given = CallTag.Token.of(said.getToken().toByteArray());
        String refusal = given == null ? "no token" : CarrierTerms.refusal(said);
        if (refusal != null) {
            call.cancel("the server's answer is not as it must be: " + refusal, null);
            return;
        }
        CarrierPort opened = new CarrierPort(stream, said.getServerName(), said.getMaxFrameBytes());
        Connection made = new Connection(
                opened,
                CarrierTerms.setup(said.getServerName(), said.getMaxMetadataBytes(), said.getWindowBytes()),
                null,
                settings.apply(attributes()),
                this::callOf);
        opened.receiver(made);
        port = opened;
        synchronized (lock) {
            connection = made;
            token = given;
        }
        call.request(1);
        owner.onReady(this);
        drainIfDone();
    }

    private Attributes attributes() {
        Attributes transport = call.getAttributes();
        Route route = Route.remote("by a carrying stream");
        Attributes.Builder all = transport.toBuilder().set(Route.ATTRIBUTE, route);
        if (transport.get(Peer.ATTRIBUTE) == null) {
            all.set(Peer.ATTRIBUTE, new RemotePeer(transport, route));
        }
        return all.build();
    }

    private final class Events extends ClientCall.Listener<Carried> {
        private boolean sent;

        @Override
        public void onReady() {
            CarrierPort open = port;
            if (open != null) {
                open.onReady();
            } else if (!sent) {
                sent = true;
                owner.onSent(ClientCarrier.this);
            }
        }

        @Override
        public void onMessage(Carried message) {
            CarrierPort open = port;
            if (open == null && message.hasReady()) {
                ready(message.getReady());
            } else if (open != null && message.hasFrame()) {
                open.onFrame(message.getFrame());
            } else if (open != null && message.hasRetire()) {
                call.request(1);
                retire();
            } else {
                outOfPlace(open, message);
            }
        }

        private void outOfPlace(@Nullable CarrierPort open, Carried message) {
            String what = "out of place in a carrying stream: " + message.getContentCase();
            if (open == null) {
                call.cancel(what, null);
            } else {
                open.close(EndCause.of(EndCause.Kind.VIOLATION, what));
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            CarrierPort open = port;
            if (open != null) {
                open.onEnd(status.isOk()
                        ? EndCause.of(EndCause.Kind.PEER_CLOSE, "the server ended the carrying stream")
                        : new EndCause(EndCause.Kind.FAILURE, "the carrying stream ended: " + status.getCode()
                                + (status.getDescription() == null ? "" : ": " + status.getDescription()),
                                status.getCause()));
            }
            tellGone(status.isOk() ? Status.UNAVAILABLE.withDescription("the server ended the stream") : status);
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
            call.halfClose();
        }

        @Override
        public void abort(String reason) {
            call.cancel(reason, null);
        }
    }
}
