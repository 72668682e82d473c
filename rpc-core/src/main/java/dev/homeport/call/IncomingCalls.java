package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.MetadataCodec;
import dev.homeport.frame.OpenFrame;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.ReadTurn;
import io.grpc.Metadata;
import io.grpc.Status;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Open calls that the peer started, and the frames that start them. Frames come with the turn to read;
 * calls leave from any thread.
 */
final class IncomingCalls {
    private static final VarHandle BEGUN;
    private static final VarHandle FORGOTTEN;
    private static final VarHandle FINISHED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            BEGUN = lookup.findVarHandle(IncomingCalls.class, "begun", int.class);
            FORGOTTEN = lookup.findVarHandle(IncomingCalls.class, "forgotten", int.class);
            FINISHED = lookup.findVarHandle(IncomingCalls.class, "finished", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final Metadata.Key<String> USER_AGENT =
            Metadata.Key.of("user-agent", Metadata.ASCII_STRING_MARSHALLER);

    private final Connection connection;
    private final ServerSettings settings;
    private final IncomingMethods methods;
    private final SlotArray<IncomingCall<?, ?>> calls = new SlotArray<>(OutgoingTable.MAX_SLOTS);
    /** Calls that were put there so far; wraps. Written with the turn to read, through {@link #BEGUN}. */
    private volatile int begun;
    /** Calls that were taken from there so far; wraps. Written through {@link #FORGOTTEN}. */
    private volatile int forgotten;
    private final String userAgent;
    /** OPEN frames of which pieces are missing, by slot. Guarded by the turn to read. */
    private final Map<Integer, Reassembly> openings = new HashMap<>();
    /**
     * Calls whose handler has seen the end so far; wraps. Cancelled ones wait for a thread as others do. Written through
     * {@link #FINISHED}.
     */
    private volatile int finished;
    /** Of the user whose process the peer is; null if not known. */
    private final @Nullable UserCalls user;
    /** What is reserved there for this connection. */
    private final AtomicInteger reserved = new AtomicInteger();
    /** Refusals that have not left. */
    private final AtomicInteger unsentRefusals = new AtomicInteger();

    IncomingCalls(Connection connection, ServerSettings settings, String userAgent) {
        this.connection = connection;
        this.settings = settings;
        this.methods = new IncomingMethods(settings.methods());
        this.userAgent = userAgent;
        this.user = UserCalls.of(connection.port().peer().uid());
    }

    int size() {
        // In this order: what begins meanwhile makes it too large, and who forgets then looks again.
        int gone = forgotten;
        return begun - gone;
    }

    void forEach(Consumer<IncomingCall<?, ?>> action) {
        calls.forEach(action);
    }

    @Nullable IncomingCall<?, ?> get(int number) {
        IncomingCall<?, ?> call = calls.get(number & OutgoingTable.SLOT_MASK);
        return call != null && call.number() == number ? call : null;
    }

    /** The call is over for both, or is about to be. Quiet when done twice. */
    boolean forget(IncomingCall<?, ?> call) {
        boolean removed = calls.replace(call.number() & OutgoingTable.SLOT_MASK, call, null);
        if (removed) {
            FORGOTTEN.getAndAdd(this, 1);
        }
        return removed;
    }

    /** What {@link #forget} forgot has not ended yet. */
    void remember(IncomingCall<?, ?> call) {
        if (calls.replace(call.number() & OutgoingTable.SLOT_MASK, null, call)) {
            FORGOTTEN.getAndAdd(this, -1);
        }
    }

    // ---- frames ----

    void onMethod(byte[] frame, int length) throws ProtocolViolation {
        int nameLength = length - HEADER_BYTES;
        if (nameLength == 0 || nameLength > MAX_METHOD_NAME_BYTES) {
            throw new ProtocolViolation("method name too long or empty: bytes=" + nameLength);
        }
        methods.add(FrameHeader.call(frame), new String(frame, HEADER_BYTES, nameLength, StandardCharsets.UTF_8));
    }

    void onOpen(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        OpenFrame header = OpenFrame.read(frame, length);
        makeRoomFor(header.call());
        if (header.has(FLAG_FRAGMENTED)) {
            beginReassembly(frame, length, header);
        } else {
            open(frame, header, turn);
        }
    }

    /** A slot in use is free again only once the call in it is closed: the peer may know before we look. */
    private void makeRoomFor(int number) throws ProtocolViolation {
        int slot = number & OutgoingTable.SLOT_MASK;
        IncomingCall<?, ?> before = calls.get(slot);
        if (before != null) {
            if (!before.isFinished()) {
                throw new ProtocolViolation("call number in use: call=" + number + ", open=" + before.number());
            }
            before.onCancel(Status.CANCELLED.withDescription("the caller reused the call's number"), null);
        }
        if (!openings.isEmpty() && openings.containsKey(slot)) {
            throw new ProtocolViolation("call number in use: call=" + number);
        }
    }

    private static int slotOf(int number) {
        return number & OutgoingTable.SLOT_MASK;
    }

    private void beginReassembly(byte[] frame, int length, OpenFrame header) throws ProtocolViolation {
        if (header.messageLength() > settings.limits().maxMessageBytes()) {
            refuse(header.call(), IncomingCall.tooLarge(header.messageLength(), settings.limits().maxMessageBytes()));
            return;
        }
        // A block is never larger than what it counts as: no need to wait for the rest of it.
        if (header.metadataLength() > settings.limits().maxMetadataBytes()) {
            refuse(header.call(), metadataTooLarge(header.metadataLength()));
            return;
        }
        Status tooMany = tooManyCalls();
        if (tooMany != null) {
            refuse(header.call(), tooMany);
            return;
        }
        Reassembly pieces = new Reassembly(frame, length, header.totalBytes());
        UserQueue bound = connection.queueOfUser();
        if (pieces.mayBegin(bound)) {
            openings.put(slotOf(header.call()), pieces);
        } else {
            refuse(header.call(), Status.RESOURCE_EXHAUSTED.withDescription(bound.exhausted()));
        }
    }

    /** A FRAGMENT for a call that is not open: of an OPEN frame, or late. */
    void onFragment(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        int number = FrameHeader.call(frame);
        Reassembly pieces = opening(number);
        if (pieces == null) {
            return;
        }
        UserQueue bound = connection.queueOfUser();
        if (!pieces.add(frame, length, bound)) {
            dropOpening(number);
            refuse(number, Status.RESOURCE_EXHAUSTED.withDescription(bound.exhausted()));
        } else if (pieces.isComplete()) {
            dropOpening(number);
            open(pieces.bytes(), OpenFrame.read(pieces.bytes(), pieces.length()), turn);
        }
    }

    private @Nullable Reassembly opening(int number) {
        Reassembly pieces = openings.isEmpty() ? null : openings.get(slotOf(number));
        return pieces != null && FrameHeader.call(pieces.bytes()) == number ? pieces : null;
    }

    void onCancel(int number, Status status, ReadTurn turn) {
        IncomingCall<?, ?> call = get(number);
        if (call != null) {
            call.onCancel(status, turn);
        } else if (opening(number) != null) {
            dropOpening(number);
        }
    }

    private void dropOpening(int number) {
        Reassembly pieces = openings.remove(slotOf(number));
        if (pieces != null) {
            pieces.giveUp();
        }
    }

    /** The connection has ended: nobody has the turn to read any more, or ever will. */
    void dropOpenings() {
        openings.values().forEach(Reassembly::giveUp);
        openings.clear();
    }

    /** The handler of a call has seen the end of it. */
    void finished() {
        int before = (int) FINISHED.getAndAdd(this, 1);
        if (reserved.get() > 0 && begun - before - 1 < UserCalls.FREE_PER_CONNECTION) {
            giveBack();
        }
    }

    /** Calls whose handler has not seen the end. */
    private int unfinished() {
        return begun - finished;
    }

    private void giveBack() {
        int all = reserved.getAndSet(0);
        if (user != null && all > 0) {
            user.giveBack(all);
        }
    }

    private void open(byte[] frame, OpenFrame header, ReadTurn turn) throws ProtocolViolation {
        Metadata headers = new Metadata();
        MetadataCodec.Special special =
                MetadataCodec.decode(frame, OPEN_BYTES, header.metadataLength(), headers);
        EnclosingCall parent = header.parent() == NO_PARENT ? null : connection.openCall(header.parent());
        int depth = parent == null ? 0 : parent.depth() + 1;
        Status refusal = depth > CallScope.MAX_DEPTH
                ? Status.RESOURCE_EXHAUSTED.withDescription(CallScope.tooDeep(depth))
                : refusal(frame, header);
        if (refusal != null) {
            Payload.skip(connection.port(), frame, header.flags(), header.messageAt(), header.messageLength());
            refuse(header.call(), refusal);
            return;
        }
        if (!userAgent.isEmpty() && !headers.containsKey(USER_AGENT)) {
            headers.put(USER_AGENT, userAgent);
        }
        IncomingMethods.Entry method = methodOf(header, special);
        // A callback known to be slow is not for a caller that may have to return before it does.
        NestedCallbacks caller = parent == null || method.pace().isSlow() ? null : parent.nested();
        IncomingCall<?, ?> call = new IncomingCall<>(
                connection,
                settings,
                new IncomingCall.Opening(
                        header.call(), method, special.authority(), headers, header.timeoutNanos(), depth,
                        caller));
        calls.set(slotOf(header.call()), call);
        BEGUN.setRelease(this, begun + 1);
        call.onOpened(frame, header.messageAt(), header.messageLength(), header.flags(), turn);
    }

    private IncomingMethods.Entry methodOf(OpenFrame header, MetadataCodec.Special special)
            throws ProtocolViolation {
        if (header.method() != METHOD_BY_NAME) {
            return methods.get(header.method());
        }
        String path = special.path();
        if (path == null) {
            throw new ProtocolViolation("OPEN names no method: call=" + header.call());
        }
        return methods.byName(path);
    }

    private @Nullable Status refusal(byte[] frame, OpenFrame header) {
        if (header.messageLength() > settings.limits().maxMessageBytes()) {
            return IncomingCall.tooLarge(header.messageLength(), settings.limits().maxMessageBytes());
        }
        if (header.metadataLength() > 0) {
            int counted = MetadataCodec.countedSize(frame, OPEN_BYTES, header.metadataLength());
            if (counted > settings.limits().maxMetadataBytes()) {
                return metadataTooLarge(counted);
            }
        }
        return tooManyCalls();
    }

    private Status metadataTooLarge(int bytes) {
        return Status.RESOURCE_EXHAUSTED.withDescription(
                "Request metadata larger than " + settings.limits().maxMetadataBytes() + ": " + bytes);
    }

    /** Null if there may be one more. With the turn to read, so that nobody else reserves. */
    private @Nullable Status tooManyCalls() {
        int now = unfinished() + openings.size();
        if (now >= settings.limits().maxOpenCalls()) {
            return Status.RESOURCE_EXHAUSTED.withDescription(
                    "too many open calls on one connection: max=" + settings.limits().maxOpenCalls());
        }
        return now < UserCalls.FREE_PER_CONNECTION + reserved.get() || user == null || reserve(user)
                ? null
                : Status.RESOURCE_EXHAUSTED.withDescription(user.exhausted());
    }

    private boolean reserve(UserCalls of) {
        if (!of.tryReserve()) {
            return false;
        }
        reserved.getAndAdd(UserCalls.STEP);
        return true;
    }

    /**
     * Answers a call that no handler will see.
     *
     * @throws ProtocolViolation if more answers wait than there are call numbers: the peer uses numbers again
     *     without reading what became of them
     */
    private void refuse(int number, Status status) throws ProtocolViolation {
        if (unsentRefusals.getAndIncrement() >= OutgoingTable.MAX_SLOTS) {
            throw new ProtocolViolation("refused calls whose refusals are not read: max=" + OutgoingTable.MAX_SLOTS);
        }
        byte[] text = Payload.description(String.valueOf(status.getDescription()));
        byte[] frame = new byte[REPLY_BYTES + text.length];
        FrameHeader.putReply(
                frame, FLAG_STATUS | FLAG_REFUSED, status.getCode().value(), number, 0, 0, text.length, 0);
        System.arraycopy(text, 0, frame, REPLY_BYTES, text.length);
        connection.outbound().sendControl(frame, unsentRefusals::getAndDecrement);
    }
}
