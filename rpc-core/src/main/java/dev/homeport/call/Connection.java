package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.Peer;
import dev.homeport.Route;
import dev.homeport.frame.Bytes;
import dev.homeport.frame.DataFrame;
import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.MetadataCodec;
import dev.homeport.frame.ReplyFrame;
import dev.homeport.spi.BodyCounters;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.FrameReceiver;
import dev.homeport.spi.LocalTransport.Setup;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.ReadTurn;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What a client and a server share after set-up, on one side: the port, the tables of open calls, and the
 * end of it all. Frames come in with the turn to read and go to the call they name; calls send by
 * themselves. Any thread may call the public methods; none of them waits.
 *
 * <p>Life: open; then draining, when either side has said that it starts no more calls; then ended.
 */
public final class Connection implements FrameReceiver {
    private static final Logger LOG = Logger.getLogger(Connection.class.getName());

    /** How long a server waits for a client to say that it has drained. gRPC waits about as long. */
    private static final long DRAIN_GRACE_SECONDS = 10;

    /** Metadata of one frame, before it is counted entry by entry: no honest limit is above. */
    private static final int MAX_METADATA_BLOCK_BYTES = 16 * 1024 * 1024;


    private final FramePort port;
    private final Setup peer;
    private final BodyCounters bodies;
    private final Outbound outbound;
    /** Bounds what is kept for calls of the peer's user; null if that is not known. */
    private final @Nullable UserQueue queueOfUser;
    private final OutgoingMethods outgoingMethods;
    private final OutgoingTable outgoing = new OutgoingTable();
    private final @Nullable ClientSettings client;
    private final @Nullable IncomingCalls incoming;
    /** The executors that the settings name; the same if they name the same. */
    private final @Nullable NamedExecutor listeners;
    private final @Nullable NamedExecutor handlers;
    private final List<ServerTransportFilter> filters;
    /** The peer by the kernel's word; null if who made the connection knows it, as over TCP. */
    private final @Nullable ConnectionPeer identified;
    private final Attributes attributes;
    private final Context serverContext;
    private final int maxInboundMetadataBytes;
    /** The calls in which the peer calls back, if they do not go through this connection; null if they do. */
    private final EnclosingCall.@Nullable Table enclosing;
    /** Calls started here are callbacks: they belong to calls of the peer, and may be made until those have ended. */
    private final boolean callsBack;

    /** Guards what follows, but for the volatile reads; nothing is called under it. */
    private final Object stateLock = new Object();
    private volatile boolean draining;
    /** The peer has been told that this side starts no more calls, and keeps to it. */
    private volatile boolean drainAcknowledged;
    /** The peer starts no more calls. */
    private volatile boolean peerDrained;
    /** This side asked the peer to drain. */
    private boolean drainAsked;
    private boolean closing;
    /** This side ended it with its calls, which are not for elsewhere then. */
    private volatile boolean closedHere;
    /** What calls are told when this side ends it at once, in place of the port's word; null if it does not. */
    private @Nullable Status closedWith;
    /** How it ended; null while it has not. One word, so that nobody sees an end without its status. */
    private volatile @Nullable Status endedWith;
    private final List<Runnable> drainTasks = new ArrayList<>();
    private final List<Runnable> endTasks = new ArrayList<>();

    /** Numbers of calls whose OPEN the dead peer never read. Of the thread that ends the port. */
    private final Set<Integer> unreadOpens = new HashSet<>();

    /**
     * @param port carries the frames
     * @param peer what the peer said of itself at set-up
     * @param client for calls started here; null if this side starts none
     * @param server for calls started by the peer; null if this side serves none
     */
    public Connection(
            FramePort port, Setup peer, @Nullable ClientSettings client, @Nullable ServerSettings server) {
        this(port, peer, client, server, null);
    }

    /**
     * A connection that carries callbacks alone, of calls that went another way: the server has settings for
     * calls started here, the client for calls started by the peer.
     *
     * @param enclosing the calls in which the peer calls back
     */
    public Connection(
            FramePort port,
            Setup peer,
            @Nullable ClientSettings client,
            @Nullable ServerSettings server,
            EnclosingCall.@Nullable Table enclosing) {
        this.port = port;
        this.enclosing = enclosing;
        this.peer = peer;
        this.bodies = port.bodies();
        this.client = client;
        this.listeners = client == null ? null : NamedExecutor.of(client.executor());
        this.handlers = server == null ? null : handlers(server.dispatch().executor());
        this.outbound = new Outbound(port);
        this.queueOfUser = UserQueue.of(port.peer().uid());
        this.outgoingMethods = new OutgoingMethods(port);
        this.incoming = server == null ? null : new IncomingCalls(this, server, peer.userAgent());
        this.callsBack = client != null && server != null && server.server() != null;
        this.filters = server == null ? List.of() : server.observers().filters();
        this.maxInboundMetadataBytes =
                client != null ? client.limits().maxMetadataBytes() : server.limits().maxMetadataBytes();
        Attributes given = client != null ? client.attributes() : server.attributes();
        this.identified = given.get(Peer.ATTRIBUTE) == null ? identify(given) : null;
        this.attributes = ready(ConnectionAttributes.of(port.peer(), bodies, identified, given));
        this.serverContext = ServerContextKey.contextOf(server == null ? null : server.server())
                .withValue(Peer.CONTEXT_KEY, attributes.get(Peer.ATTRIBUTE));
    }

    private @Nullable NamedExecutor handlers(@Nullable Executor named) {
        return listeners != null && listeners.standsFor(named) ? listeners : NamedExecutor.of(named);
    }

    private ConnectionPeer identify(Attributes given) {
        Route route = given.get(Route.ATTRIBUTE);
        return new ConnectionPeer(
                port,
                route != null ? route : Route.local(peer.name(), "set up by itself"),
                given.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR),
                client != null ? new CallbackChannel(this, client.authority()) : EndedChannel.NO_CALLBACKS);
    }

    private Attributes ready(Attributes transport) {
        Attributes filtered = transport;
        for (ServerTransportFilter filter : filters) {
            filtered = filter.transportReady(filtered);
        }
        return filtered;
    }

    @Nullable UserQueue queueOfUser() {
        return queueOfUser;
    }

    // ---- for channels and servers ----

    /** A call to the peer. If the connection no longer takes calls, the call ends UNAVAILABLE. */
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
        return newCall(method, options, null);
    }

    /**
     * The same; but where the peer provably never acted on the call, it is made again through that channel.
     *
     * @param again null: such a call ends UNAVAILABLE
     */
    public <Q, R> ClientCall<Q, R> newCall(
            MethodDescriptor<Q, R> method, CallOptions options, @Nullable Channel again) {
        if (client == null) {
            throw new IllegalStateException("this side of the connection starts no calls");
        }
        return new OutgoingCall<>(this, client, method, options, again);
    }

    /** Whether calls may be started: the connection is open and neither side is shutting down. */
    public boolean acceptsCalls() {
        return !draining;
    }

    /** Open calls that this side started. */
    public int openCalls() {
        return outgoing.size();
    }

    /** Whether calls of either side are open. */
    public boolean hasOpenCalls() {
        return outgoing.size() > 0 || incoming != null && incoming.size() > 0;
    }

    /** Takes no new calls from either side, tells the peer, and ends when open calls have ended. */
    public void shutdown() {
        boolean ask = false;
        synchronized (stateLock) {
            if (endedWith != null || closing) {
                return;
            }
            draining = true;
            // A peer that calls back may do so for as long as this side has calls open: it is asked after those.
            if (incoming != null && (client == null || callsBack) && !drainAsked) {
                drainAsked = true;
                ask = true;
            }
        }
        if (ask) {
            askToDrain();
        }
        runAll(drainTasks);
        closeIfDone();
    }

    private void askToDrain() {
        outbound.sendControl(FrameHeader.withBytes(TYPE_DRAIN, 0, 0, 0, MetadataCodec.NONE), null);
        Timers.INSTANCE.schedule(this::peerDidDrain, DRAIN_GRACE_SECONDS, TimeUnit.SECONDS);
    }

    /** Ends at once; open calls end with this status. */
    public void shutdownNow(Status status) {
        synchronized (stateLock) {
            draining = true;
            closedHere = true;
            if (closedWith == null) {
                closedWith = status;
            }
        }
        close(EndCause.of(EndCause.Kind.LOCAL_CLOSE, String.valueOf(status.getDescription())));
    }

    /** Whether it has ended. */
    public boolean isEnded() {
        return endedWith != null;
    }

    /** Runs the task once the connection no longer accepts calls; soon if that is so already. */
    public void whenDraining(Runnable task) {
        synchronized (stateLock) {
            if (!draining) {
                drainTasks.add(task);
                return;
            }
        }
        CommonExecutor.INSTANCE.execute(task);
    }

    /** Runs the task once the connection has ended; soon if that is so already. */
    public void whenEnded(Runnable task) {
        synchronized (stateLock) {
            if (endedWith == null) {
                endTasks.add(task);
                return;
            }
        }
        CommonExecutor.INSTANCE.execute(task);
    }

    /** What every call of this connection carries: addresses, security level, peer, route. */
    public Attributes attributes() {
        return attributes;
    }

    /** Which technique carried what. */
    BodyCounters bodies() {
        return bodies;
    }

    /** The port beneath, for its counters. */
    public FramePort port() {
        return port;
    }

    // ---- for calls ----

    Outbound outbound() {
        return outbound;
    }

    OutgoingMethods outgoingMethods() {
        return outgoingMethods;
    }

    /** What runs the events of calls that name this executor, or for which it is named; null: the reading thread. */
    @Nullable Executor executorFor(@Nullable Executor named) {
        if (named == null) {
            return null;
        }
        if (listeners != null && listeners.standsFor(named)) {
            return listeners;
        }
        return handlers != null && handlers.standsFor(named) ? handlers : named;
    }

    int maxFrameBytes() {
        return port.maxFrameBytes();
    }

    int peerWindowBytes() {
        return peer.windowBytes();
    }

    int ownWindowBytes() {
        return CallWindow.BYTES;
    }

    int maxInboundMetadataBytes() {
        return maxInboundMetadataBytes;
    }

    Context serverContext() {
        return serverContext;
    }

    /** Whether calls of one side can be made in calls of the other. */
    boolean mayNest() {
        return client != null && incoming != null || enclosing != null;
    }

    /** The open call of this side with that number, which the peer names; null if there is none. */
    public @Nullable EnclosingCall openCall(int number) {
        if (client != null) {
            return outgoing.get(number);
        }
        return enclosing == null ? null : enclosing.get(number);
    }

    /** Nobody can listen on the local route; by TCP with TLS alone. */
    SecurityLevel securityLevel() {
        return enclosing == null || attributes.get(Grpc.TRANSPORT_ATTR_SSL_SESSION) != null
                ? SecurityLevel.PRIVACY_AND_INTEGRITY
                : SecurityLevel.NONE;
    }

    String peerAuthority() {
        return peer.authority();
    }

    String peerDescription() {
        return peer.name();
    }

    /** Gives a call its number; or tells how it ended instead, with nothing sent. */
    @Nullable Ending register(OutgoingCall<?, ?> call) {
        int number = outgoing.add(call);
        if (number < 0) {
            return Ending.local(Status.RESOURCE_EXHAUSTED.withDescription(
                    "too many open calls on one connection: max=" + OutgoingTable.MAX_SLOTS));
        }
        if (!draining) {
            return null;
        }
        Status refused = null;
        synchronized (stateLock) {
            if (endedWith != null) {
                refused = endedWith;
            } else if (drainAcknowledged) {
                refused = closedWith != null ? closedWith : Status.UNAVAILABLE.withDescription("connection is closing");
            }
        }
        if (refused == null) {
            return null;
        }
        return refused.getCode() == Status.Code.UNAVAILABLE && !closedHere
                ? Ending.unseen(refused)
                : Ending.local(refused);
    }

    /** A call of this side is over. */
    void released(int number) {
        outgoing.remove(number);
        if (draining) {
            closeIfDone();
        }
    }

    void forget(IncomingCall<?, ?> call) {
        incoming.forget(call);
        if (draining) {
            CommonExecutor.INSTANCE.execute(this::closeIfDone);
        }
    }

    void remember(IncomingCall<?, ?> call) {
        incoming.remember(call);
        Status end = endedWith;
        if (end != null) {
            // The end went through the table while this call was out of it.
            CommonExecutor.INSTANCE.execute(() -> call.onCancel(statusOfCallee(end), null));
        }
    }

    /** The handler of a call of the peer has seen the end of it. */
    void finished() {
        incoming.finished();
    }

    void checkMetadataBound(long bytes) throws ProtocolViolation {
        if (bytes > MAX_METADATA_BLOCK_BYTES) {
            throw new ProtocolViolation("metadata too large: bytes=" + bytes + ", max=" + MAX_METADATA_BLOCK_BYTES);
        }
    }

    void logListenerFailure(Throwable t) {
        LOG.log(Level.WARNING, "listener failed in onClose", t);
    }

    void logHandlerFailure(String method, Throwable t) {
        LOG.log(Level.WARNING, "handler failed: method=" + method, t);
    }

    // ---- frames ----

    @Override
    public void onFrame(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        if (length < HEADER_BYTES) {
            throw new ProtocolViolation("frame too short: lengthBytes=" + length);
        }
        switch (FrameHeader.type(frame)) {
            case TYPE_OPEN -> requireServer("OPEN").onOpen(frame, length, turn);
            case TYPE_REPLY -> onReply(frame, length, turn);
            case TYPE_DATA -> onData(frame, length, turn);
            case TYPE_WINDOW -> onWindow(frame, length);
            case TYPE_FRAGMENT -> onFragment(frame, length, turn);
            case TYPE_CANCEL -> onCancel(frame, length, turn);
            case TYPE_METHOD -> onMethod(frame, length);
            case TYPE_DRAIN -> onDrain(frame);
            case TYPE_BYE -> onBye(frame, length);
            default -> throw new ProtocolViolation("unknown frame type: type=" + FrameHeader.type(frame));
        }
    }

    /** OPEN, DATA and REPLY look after their flags by themselves. */
    private static void requireFlags(byte[] frame, int known) throws ProtocolViolation {
        int flags = FrameHeader.flags(frame);
        if ((flags & ~known) != 0) {
            throw new ProtocolViolation("unknown flags: type=" + FrameHeader.type(frame) + ", flags=" + flags);
        }
    }

    private void onMethod(byte[] frame, int length) throws ProtocolViolation {
        requireFlags(frame, 0);
        requireServer("METHOD").onMethod(frame, length);
    }

    private void onBye(byte[] frame, int length) throws ProtocolViolation {
        requireFlags(frame, 0);
        close(EndCause.of(EndCause.Kind.PEER_CLOSE, text(frame, HEADER_BYTES, length)));
    }

    private IncomingCalls requireServer(String what) throws ProtocolViolation {
        if (incoming == null) {
            throw new ProtocolViolation(what + " to a side that serves no calls");
        }
        return incoming;
    }

    private @Nullable OutgoingCall<?, ?> outgoingCall(byte[] frame) throws ProtocolViolation {
        int number = FrameHeader.call(frame);
        if (!outgoing.couldBe(number)) {
            throw new ProtocolViolation("call number never given: call=" + number);
        }
        return outgoing.get(number);
    }

    private void onReply(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        OutgoingCall<?, ?> call = outgoingCall(frame);
        if (call != null) {
            call.onReply(frame, length, turn);
            return;
        }
        ReplyFrame late = ReplyFrame.read(frame, length);
        if (!late.has(FLAG_FRAGMENTED)) {
            Payload.skip(port, frame, late.flags(), late.messageAt(), late.messageLength());
        }
    }

    private void onData(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        IncomingCall<?, ?> call = requireServer("DATA").get(FrameHeader.call(frame));
        if (call != null) {
            call.onData(frame, length, turn);
            return;
        }
        DataFrame late = DataFrame.read(frame, length);
        if (!late.has(FLAG_FRAGMENTED)) {
            Payload.skip(port, frame, late.flags(), DATA_BYTES, late.messageLength());
        }
    }

    private void onFragment(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        requireFlags(frame, FLAG_FROM_CALLEE);
        if ((FrameHeader.flags(frame) & FLAG_FROM_CALLEE) != 0) {
            OutgoingCall<?, ?> call = outgoingCall(frame);
            if (call != null) {
                call.onFragment(frame, length, turn);
            }
            return;
        }
        IncomingCalls server = requireServer("FRAGMENT");
        IncomingCall<?, ?> call = server.get(FrameHeader.call(frame));
        if (call != null) {
            call.onFragment(frame, length, turn);
        } else {
            server.onFragment(frame, length, turn);
        }
    }

    private void onWindow(byte[] frame, int length) throws ProtocolViolation {
        requireFlags(frame, FLAG_FROM_CALLEE);
        int grant = length == WINDOW_BYTES ? Bytes.getInt(frame, WINDOW_GRANT) : 0;
        if (grant <= 0) {
            throw new ProtocolViolation("WINDOW malformed: lengthBytes=" + length + ", grantBytes=" + grant);
        }
        if ((FrameHeader.flags(frame) & FLAG_FROM_CALLEE) != 0) {
            OutgoingCall<?, ?> call = outgoingCall(frame);
            if (call != null) {
                call.onGrant(grant);
            }
            return;
        }
        IncomingCall<?, ?> call = requireServer("WINDOW").get(FrameHeader.call(frame));
        if (call != null) {
            call.onGrant(grant);
        }
    }

    private void onCancel(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        requireFlags(frame, 0);
        IncomingCalls server = requireServer("CANCEL");
        if (length - HEADER_BYTES > MAX_DESCRIPTION_BYTES) {
            throw new ProtocolViolation("CANCEL too long: lengthBytes=" + length);
        }
        if (FrameHeader.code(frame) > LAST_CODE) {
            throw new ProtocolViolation("CANCEL with unknown code: code=" + FrameHeader.code(frame));
        }
        Status status = Status.fromCodeValue(FrameHeader.code(frame));
        server.onCancel(
                FrameHeader.call(frame),
                status.isOk() ? Status.CANCELLED : status.withDescription(text(frame, HEADER_BYTES, length)),
                turn);
    }

    private static String text(byte[] frame, int from, int to) {
        return new String(frame, from, to - from, StandardCharsets.UTF_8);
    }

    @Override
    public void onRoom(ReadTurn turn) {
        outbound.roomCame(turn);
    }

    @Override
    public void onDrained(ReadTurn turn) {
        outbound.flush(turn);
        if (listeners != null) {
            listeners.stepAside();
        }
        if (handlers != null && handlers != listeners) {
            handlers.stepAside();
        }
    }

    // ---- draining and ending ----

    private void onDrain(byte[] frame) throws ProtocolViolation {
        requireFlags(frame, FLAG_ACK);
        if ((FrameHeader.flags(frame) & FLAG_ACK) != 0) {
            peerDidDrain();
            return;
        }
        synchronized (stateLock) {
            draining = true;
        }
        runAll(drainTasks);
        closeIfDone();
    }

    private void peerDidDrain() {
        peerDrained = true;
        closeIfDone();
    }

    /**
     * Looks whether a draining connection has anything left to do. The side that serves calls closes once
     * its client has acknowledged; the side that only starts calls acknowledges, or closes by itself.
     */
    private void closeIfDone() {
        boolean acknowledge = false;
        boolean ask = false;
        boolean done;
        synchronized (stateLock) {
            if (!draining || endedWith != null || closing || outgoing.size() > 0) {
                return;
            }
            done = incoming == null || incoming.size() == 0 && peerDrained;
            if (client != null && !drainAcknowledged && (done || !callsBack)) {
                drainAcknowledged = true;
                acknowledge = incoming != null || !peerDrained;
                ask = incoming != null && !drainAsked;
                drainAsked |= ask;
            }
            if (!done && !acknowledge) {
                return;
            }
            closing = done;
        }
        if (ask) {
            askToDrain();
        }
        if (acknowledge) {
            outbound.sendControl(FrameHeader.withBytes(TYPE_DRAIN, FLAG_ACK, 0, 0, MetadataCodec.NONE), null);
        }
        if (done) {
            close(EndCause.of(EndCause.Kind.LOCAL_CLOSE, "drained"));
        }
    }

    private void close(EndCause cause) {
        if (cause.kind() == EndCause.Kind.LOCAL_CLOSE) {
            byte[] why = Payload.description(cause.detail());
            outbound.sendControl(FrameHeader.withBytes(TYPE_BYE, 0, 0, 0, why), null);
        }
        port.close(cause);
    }

    @Override
    public void onUnread(byte[] frame, int length) {
        if (length >= HEADER_BYTES && FrameHeader.type(frame) == TYPE_OPEN) {
            unreadOpens.add(FrameHeader.call(frame));
        }
    }

    @Override
    public void onEnd(EndCause cause) {
        Status status;
        synchronized (stateLock) {
            if (endedWith != null) {
                return;
            }
            draining = true;
            status = closedWith != null ? closedWith : statusOf(cause);
            endedWith = status;
        }
        // Full fence between endedWith and the tables; partners: register and remember, which write a table and look at the state.
        VarHandle.fullFence();
        // Before calls are told: they give their numbers back first, with a frame that is dropped.
        outbound.end();
        boolean peerGone = cause.kind() == EndCause.Kind.PEER_DEATH || cause.kind() == EndCause.Kind.PEER_CLOSE;
        outgoing.forEach(call -> call.onConnectionEnd(status, peerGone, unreadOpens.contains(call.number())));
        if (incoming != null) {
            incoming.forEach(call -> call.onCancel(statusOfCallee(status), null));
            incoming.dropOpenings();
        }
        if (!filters.isEmpty()) {
            // User code, and this may be the last free reader.
            CommonExecutor.INSTANCE.execute(() -> filters.forEach(filter -> filter.transportTerminated(attributes)));
        }
        // Nothing is sent any more, and no room will come: what waited for it is dropped. Elsewhere, as the lock of who
        // sends may be held.
        CommonExecutor.INSTANCE.execute(() -> outbound.roomCame(null));
        runAll(drainTasks);
        runAll(endTasks);
        if (identified != null) {
            identified.gone();
        }
    }

    private static Status statusOfCallee(Status end) {
        return Status.CANCELLED.withDescription("connection ended: " + end.getDescription()).withCause(end.getCause());
    }

    private static Status statusOf(EndCause cause) {
        Status status = switch (cause.kind()) {
            case LOCAL_CLOSE -> Status.UNAVAILABLE.withDescription("connection closed: " + cause.detail());
            case PEER_CLOSE -> Status.UNAVAILABLE.withDescription("connection closed by the peer: " + cause.detail());
            case PEER_DEATH -> Status.UNAVAILABLE.withDescription("the peer's process has ended: " + cause.detail());
            case VIOLATION -> Status.INTERNAL.withDescription("the peer broke the protocol: " + cause.detail());
            case FAILURE -> Status.UNAVAILABLE.withDescription("connection failed: " + cause.detail());
        };
        return status.withCause(cause.cause());
    }

    private void runAll(List<Runnable> tasks) {
        List<Runnable> now;
        synchronized (stateLock) {
            now = List.copyOf(tasks);
            tasks.clear();
        }
        now.forEach(CommonExecutor.INSTANCE::execute);
    }
}
