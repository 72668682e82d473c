package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.frame.FrameHeader;
import dev.homeport.frame.MetadataCodec;
import dev.homeport.frame.ReplyFrame;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.ReadTurn;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.CompressorRegistry;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call to the peer, on the caller's side. The application drives it as it drives any {@link ClientCall};
 * the connection hands it the frames of its number; {@link CallRunner} runs its listener. A method that
 * sends one request sends one frame: what {@code start} and {@code sendMessage} were given waits here for
 * {@code halfClose}, as a call's headers wait for its message in grpc-netty.
 */
final class OutgoingCall<Q, R> extends ClientCall<Q, R>
        implements CallRunner.Events, CallOutbound.Owner, Context.CancellationListener, EnclosingCall {
    private static final int NO_NUMBER = -1;
    private static final VarHandle ENDING;
    private static final VarHandle NUMBER_HELD;
    private static final VarHandle SUCCESSOR;
    private static final VarHandle REPLY_WAIT;
    private static final VarHandle RECEIVED_HEADERS;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            ENDING = lookup.findVarHandle(OutgoingCall.class, "ending", Ending.class);
            NUMBER_HELD = lookup.findVarHandle(OutgoingCall.class, "numberHeld", boolean.class);
            RECEIVED_HEADERS = lookup.findVarHandle(OutgoingCall.class, "receivedHeaders", Metadata.class);
            SUCCESSOR = lookup.findVarHandle(OutgoingCall.class, "successor", Successor.class);
            REPLY_WAIT = lookup.findVarHandle(OutgoingCall.class, "replyWait", ReplyWait.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Fixed.
    private final Connection connection;
    private final MethodDescriptor<Q, R> method;
    private final CallOptions options;
    private final OutgoingMethods.Entry entry;
    private final CallOutbound outbound;
    private final CallInbound inbound = new CallInbound(null);
    private final CallRunner runner;
    private final boolean blockingUnary;
    private final int maxMessageBytes;
    /** Where it is made again if the peer provably never acted on it; null: nowhere. */
    private final @Nullable Channel again;

    /** Taken to send OPEN, and to tell the peer of an end that came from another thread. */
    private final Object openLock = new Object();

    // Of the application's thread: calls to a ClientCall come one at a time, cancel aside.
    private Listener<R> listener = new Listener<>() {};
    private Metadata headers = new Metadata();
    private Context context = Context.ROOT;
    private ClientTracers tracers = ClientTracers.NONE;
    /** The only request, kept to be sent again until the peer has answered. Written before OPEN, then with the turn to read. */
    private @Nullable Q request;
    private boolean started;
    private boolean opened;
    private boolean halfClosed;
    /** The call of the peer in which this one is made. */
    private int parentNumber = NO_PARENT;
    private volatile boolean cancelCalled;
    private @Nullable Deadline deadline;
    private volatile @Nullable Future<?> deadlineTimer;

    // Of the thread that has the turn to read.
    private boolean receivedMessage;

    // Shared.
    /** Written before others can find the call. */
    private int number = NO_NUMBER;
    /** The number is in the connection's table. Once others can find the call, only through {@link #NUMBER_HELD}. */
    private boolean numberHeld;
    /** Written through {@link #RECEIVED_HEADERS}. */
    private volatile @Nullable Metadata receivedHeaders;
    /** How the call ended; null while it runs. Set through {@link #ENDING}. */
    private volatile @Nullable Ending ending;
    /** The call that is made in place of this one; null if none is. Written through {@link #SUCCESSOR}. */
    private volatile @Nullable Successor<Q, R> successor;
    /** The caller of a blocking unary stub. Written through {@link #REPLY_WAIT}. */
    private volatile @Nullable ReplyWait replyWait;
    /** Calls around this one that wait for it. */
    private volatile int depth;

    // Of the thread that delivers.
    private boolean headersDelivered;
    private boolean closeDelivered;

    OutgoingCall(
            Connection connection, ClientSettings settings, MethodDescriptor<Q, R> method, CallOptions options,
            @Nullable Channel again) {
        this.again = again;
        this.connection = connection;
        this.method = method;
        this.options = options;
        this.entry = connection.outgoingMethods().of(method);
        this.outbound = new CallOutbound(connection.outbound(), this, connection.peerWindowBytes());
        Executor named = options.getExecutor();
        this.runner = new CallRunner(this, connection.executorFor(named != null ? named : settings.executor()));
        this.blockingUnary = BlockingStub.waitsFor(method, options);
        Integer limit = options.getMaxInboundMessageSize();
        this.maxMessageBytes = limit != null ? limit : settings.limits().maxMessageBytes();
        Integer threshold = options.getOnReadyThreshold();
        if (threshold != null) {
            outbound.readyThreshold(threshold);
        }
    }

    // ---- the application's side, in the order of a call's life ----

    @Override
    public void start(Listener<R> listener, Metadata headers) {
        if (started) {
            throw new IllegalStateException("Already started");
        }
        if (cancelCalled) {
            throw new IllegalStateException("call was cancelled");
        }
        started = true;
        this.listener = listener;
        this.headers = headers;
        context = Context.current();
        Status refused = prepare();
        if (refused != null) {
            end(Ending.local(refused), null);
            return;
        }
        if (!method.getType().clientSendsOneMessage()) {
            open(null, false);
            if (successor == null) {
                runner.signal(null);
            }
        }
    }

    /** Everything that can refuse a call before a frame is sent; null if nothing does. */
    private @Nullable Status prepare() {
        if (context != Context.ROOT) {
            if (context.isCancelled()) {
                return statusOf(context);
            }
            context.addListener(this, Runnable::run);
            if (connection.mayNest() && isTooDeep()) {
                return Status.RESOURCE_EXHAUSTED.withDescription(CallScope.tooDeep(depth));
            }
        }
        String compressor = options.getCompressor();
        if (compressor != null && CompressorRegistry.getDefaultInstance().lookupCompressor(compressor) == null) {
            return Status.INTERNAL.withDescription("Unable to find compressor by name " + compressor);
        }
        tracers = ClientTracers.create(options, connection.attributes(), headers);
        return prepareDeadline();
    }

    /** A call made by a handler for the same peer is part of the call that it serves. */
    private boolean isTooDeep() {
        CallScope scope = CallScope.KEY.get(context);
        if (scope == null) {
            return false;
        }
        depth = scope.depth() + 1;
        if (scope.connection() == connection) {
            parentNumber = scope.number();
        }
        return depth > CallScope.MAX_DEPTH;
    }

    private @Nullable Status prepareDeadline() {
        Deadline earliest = options.getDeadline();
        Deadline inherited = context == Context.ROOT ? null : context.getDeadline();
        if (inherited != null && (earliest == null || inherited.isBefore(earliest))) {
            earliest = inherited;
        }
        deadline = earliest;
        if (earliest == null) {
            return null;
        }
        if (earliest.isExpired()) {
            return Status.DEADLINE_EXCEEDED.withDescription("ClientCall started after deadline exceeded: "
                    + -earliest.timeRemaining(TimeUnit.NANOSECONDS) + " ns ago");
        }
        if (!blockingUnary) {
            startDeadlineTimer(earliest);
        }
        return null;
    }

    private void startDeadlineTimer(Deadline at) {
        deadlineTimer = at.runOnExpiration(this::deadlineExpired, Timers.INSTANCE);
        if (ending != null) {
            cancelTimer();
        }
    }

    private void cancelTimer() {
        Future<?> timer = deadlineTimer;
        if (timer != null) {
            timer.cancel(false);
        }
    }

    @Override
    public void request(int count) {
        if (!started) {
            throw new IllegalStateException("Not started");
        }
        if (inbound.request(count)) {
            runner.signal(null);
        }
        Successor<Q, R> next = successor;
        if (next != null) {
            next.passRequests();
        }
    }

    @Override
    public void sendMessage(Q message) {
        requireStarted();
        if (halfClosed) {
            throw new IllegalStateException("call was half-closed");
        }
        if (ending != null) {
            Successor<Q, R> next = successor;
            if (next != null) {
                next.sendMessage(message);
            }
            return;
        }
        try {
            if (again != null && method.getType().clientSendsOneMessage()) {
                request = message;
            }
            Object ready = entry.request().toPayload(message, connection.port());
            checkOutboundSize(ready);
            if (!opened && !outbound.holdsAny()) {
                outbound.hold(ready);
                if (ending != null) {
                    outbound.dropHeld();
                }
            } else {
                openIfHeld();
                sendData(ready, false);
            }
        } catch (RuntimeException e) {
            cancelWith(Status.CANCELLED.withCause(e).withDescription("Failed to stream message"));
        } catch (Error e) {
            cancel("Client sendMessage() failed with Error", e);
            throw e;
        }
    }

    private void checkOutboundSize(Object message) {
        Integer max = options.getMaxOutboundMessageSize();
        if (max != null && Payload.sizeOf(message) > max) {
            Payload.discard(message);
            throw Status.RESOURCE_EXHAUSTED
                    .withDescription("message too large " + Payload.sizeOf(message) + " > " + max)
                    .asRuntimeException();
        }
    }

    @Override
    public void halfClose() {
        requireStarted();
        if (halfClosed) {
            throw new IllegalStateException("call already half-closed");
        }
        halfClosed = true;
        if (ending != null) {
            outbound.dropHeld();
            Successor<Q, R> next = successor;
            if (next != null) {
                next.halfClose();
            }
            return;
        }
        if (!opened) {
            if (blockingUnary) {
                outbound.leaveUnrung();
            }
            open(outbound.takeHeld(), true);
        } else {
            sendData(null, true);
        }
        if (blockingUnary && successor == null) {
            letCallerWait();
        }
    }

    private void requireStarted() {
        if (!started) {
            throw new IllegalStateException("Not started");
        }
        if (cancelCalled) {
            throw new IllegalStateException("call was cancelled");
        }
    }

    @Override
    public boolean isReady() {
        if (ending != null) {
            Successor<Q, R> next = successor;
            return next != null && next.isReady();
        }
        return started && !halfClosed && outbound.isReady();
    }

    @Override
    public Attributes getAttributes() {
        Successor<Q, R> next = successor;
        Attributes moved = next == null ? null : next.attributes();
        return moved != null ? moved : connection.attributes();
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
        if (cancelCalled) {
            return;
        }
        cancelCalled = true;
        Status status = Status.CANCELLED
                .withDescription(message != null ? message : "Call cancelled without message")
                .withCause(cause);
        cancelWith(status);
        Successor<Q, R> next = successor;
        if (next != null) {
            next.cancel(message, cause);
        }
    }

    @Override
    public void cancelled(Context cancelled) {
        cancelWith(statusOf(cancelled));
    }

    private static Status statusOf(Context cancelled) {
        Throwable cause = cancelled.cancellationCause();
        if (cause instanceof java.util.concurrent.TimeoutException) {
            return Status.DEADLINE_EXCEEDED.withDescription(cause.getMessage()).withCause(cause);
        }
        return Status.CANCELLED.withDescription("io.grpc.Context was cancelled without error").withCause(cause);
    }

    // ---- sending ----

    private void openIfHeld() {
        if (!opened) {
            open(outbound.takeHeld(), false);
        }
    }

    /** Sends OPEN, with the message if there is one. */
    private void open(@Nullable Object given, boolean halfClose) {
        opened = true;
        Ending refused;
        // An end from another thread comes before OPEN, which is then not sent, or after it, and sends CANCEL.
        synchronized (openLock) {
            refused = connection.register(this);
            if (refused == null && ending == null) {
                sendOpen(given, halfClose);
                return;
            }
        }
        release();
        Payload.discard(given);
        if (refused == null) {
            return;
        }
        if (mayMove(refused) && ENDING.compareAndSet(this, null, refused)) {
            // Here and now, on the application's thread, whose later doings pass through to the successor.
            afterEnd(refused, true);
            startAgain(halfClose);
        } else {
            end(Ending.local(refused.status()), null);
        }
    }

    private boolean mayMove(Ending how) {
        return how.unseen() && again != null && Successor.isAllowed(options);
    }

    // ---- again, elsewhere ----

    /**
     * Starts in place of this call another one with the same request.
     *
     * @param halfClose whether the application has half-closed
     * @return false if that was done before, or is for nothing as the application has cancelled
     */
    private boolean startAgain(boolean halfClose) {
        if (cancelCalled) {
            return successor != null;
        }
        Successor<Q, R> next = new Successor<>(inbound);
        if (!SUCCESSOR.compareAndSet(this, null, next)) {
            return true;
        }
        context.removeListener(this);
        context.run(() -> next.start(again, method, options, listener, headers, request, halfClose));
        request = null;
        if (cancelCalled) {
            next.cancel("Call cancelled while it was started again", null);
        }
        return true;
    }

    private void sendOpen(@Nullable Object given, boolean halfClose) {
        byte[] metadata = MetadataCodec.encode(headers, entry.pathIfUnnumbered(), options.getAuthority());
        if (given != null && OPEN_BYTES + metadata.length + BODY_BYTES > connection.maxFrameBytes()) {
            // A frame that is cut names no section: metadata this long goes ahead of its message.
            sendOpen(metadata, null, false);
            sendData(given, halfClose);
        } else {
            sendOpen(metadata, given, halfClose);
        }
    }

    private void sendOpen(byte[] metadata, @Nullable Object given, boolean halfClose) {
        int messageLength = Payload.sizeOf(given);
        Object message = Payload.place(connection.port(), given, messageLength);
        int flags = Payload.flags(message) | (halfClose ? FLAG_HALF_CLOSE : 0);
        int length = Math.addExact(OPEN_BYTES + metadata.length, messageBytes(flags, messageLength));
        boolean small = length <= connection.maxFrameBytes();
        byte[] frame = small ? FrameScratch.get() : new byte[length];
        FrameHeader.putOpen(frame, flags, number, entry.number(), metadata.length, messageLength, parentNumber,
                timeoutNanos());
        System.arraycopy(metadata, 0, frame, OPEN_BYTES, metadata.length);
        Payload.write(message, frame, OPEN_BYTES + metadata.length, messageLength);
        tracers.outboundHeaders();
        if (message != null) {
            tracers.outboundMessage(messageLength);
        }
        Payload.countSent(connection, message, messageLength, small);
        send(frame, length, small, message, messageLength);
    }

    private void sendData(@Nullable Object given, boolean halfClose) {
        int messageLength = Payload.sizeOf(given);
        Object message = Payload.place(connection.port(), given, messageLength);
        int flags = Payload.flags(message) | (halfClose ? FLAG_HALF_CLOSE : 0);
        int length = Math.addExact(DATA_BYTES, messageBytes(flags, messageLength));
        boolean small = length <= connection.maxFrameBytes();
        byte[] frame = small ? FrameScratch.get() : new byte[length];
        FrameHeader.putData(frame, flags, number, messageLength);
        Payload.write(message, frame, DATA_BYTES, messageLength);
        if (message != null) {
            tracers.outboundMessage(messageLength);
        }
        Payload.countSent(connection, message, messageLength, small);
        send(frame, length, small, message, messageLength);
    }

    private void send(byte[] frame, int length, boolean borrowed, @Nullable Object message, int messageLength) {
        int windowCost = message == null || method.getType().clientSendsOneMessage()
                ? 0
                : CallOutbound.windowCost(messageLength);
        if (borrowed) {
            outbound.send(frame, length, windowCost, false, Payload.body(message));
        } else {
            outbound.sendOwned(frame, windowCost, false, Payload.body(message));
        }
    }

    private long timeoutNanos() {
        Deadline at = deadline;
        return at == null ? NO_TIMEOUT : Math.max(1, at.timeRemaining(TimeUnit.NANOSECONDS));
    }

    // ---- waiting, for a blocking unary stub ----

    private void letCallerWait() {
        ReplyWait made = new ReplyWait(this, connection, runner, deadline);
        // Release: who ends the call and does not see it yet finds the caller before its first look at what there is.
        REPLY_WAIT.setRelease(this, made);
        made.submit(runner.executor());
    }

    /** Nobody waits who minds the deadline. */
    void watchDeadline() {
        if (deadline != null && deadlineTimer == null) {
            startDeadlineTimer(deadline);
        }
    }

    void deadlineExpired() {
        cancelWith(Status.DEADLINE_EXCEEDED.withDescription(
                "deadline exceeded, remote_addr=" + connection.peerDescription()));
    }

    /** A reply that is there in time counts, although its caller is kept from it. */
    void expireIfOpen() {
        if (ending == null) {
            deadlineExpired();
        }
    }

    /** Whether this side has ended the call. Any thread. */
    boolean isEndedHere() {
        Ending end = ending;
        return end != null && end.isOwn();
    }

    /** Whether the application was told of the end, or another call is made in its place. By who delivers. */
    boolean isClosed() {
        return closeDelivered;
    }

    // ---- the connection's side ----

    int number() {
        return number;
    }

    void number(int given) {
        number = given;
        numberHeld = true;
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public @Nullable NestedCallbacks nested() {
        ReplyWait waiting = replyWait;
        return waiting == null ? null : waiting.callbacks();
    }

    /** A REPLY of this call. With the turn to read. */
    void onReply(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        if (inbound.hasPieces()) {
            throw new ProtocolViolation("REPLY between the pieces of another: call=" + number);
        }
        ReplyFrame reply = ReplyFrame.read(frame, length);
        boolean tooLarge = reply.has(FLAG_MESSAGE) && reply.messageLength() > maxMessageBytes;
        Ending end = ending;
        if (tooLarge || end != null && end.isOwn() && !end.discardsMessages()) {
            if (!reply.has(FLAG_FRAGMENTED)) {
                skip(frame, reply);
            }
            if (tooLarge) {
                end(Ending.behindMessages(Status.RESOURCE_EXHAUSTED.withDescription("gRPC message exceeds maximum size "
                        + maxMessageBytes + ": " + reply.messageLength())), turn);
            }
            return;
        }
        if (reply.has(FLAG_FRAGMENTED)) {
            connection.checkMetadataBound((long) reply.headersLength() + reply.trailersLength());
            // Without a bound pieces are always kept.
            inbound.beginPieces(frame, length, reply.totalBytes());
            return;
        }
        accept(frame, reply, turn);
    }

    /** A FRAGMENT of this call. With the turn to read. */
    void onFragment(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        if (!inbound.hasPieces()) {
            if (ending != null) {
                return;
            }
            throw new ProtocolViolation("FRAGMENT of no frame: call=" + number);
        }
        inbound.addPiece(frame, length);
        Reassembly whole = inbound.takeWhole();
        if (whole != null) {
            accept(whole.bytes(), ReplyFrame.read(whole.bytes(), whole.length()), turn);
        }
    }

    private void accept(byte[] frame, ReplyFrame reply, ReadTurn turn) throws ProtocolViolation {
        if (reply.has(FLAG_REFUSED) && isUnseen(reply)) {
            end(Ending.unseen(statusOf(frame, reply)), turn);
            return;
        }
        request = null;
        if (reply.has(FLAG_HEADERS) && !acceptHeaders(frame, reply)) {
            skip(frame, reply);
            return;
        }
        if (reply.has(FLAG_MESSAGE)) {
            requireHeaders();
            receivedMessage = true;
            inbound.onArrival(number, reply.messageLength());
            inbound.add(
                    Payload.read(connection, entry.response(), frame, reply.flags(), reply.messageAt(),
                            reply.messageLength()),
                    reply.messageLength());
        }
        if (reply.has(FLAG_STATUS)) {
            Metadata trailers = new Metadata();
            MetadataCodec.decode(frame, reply.trailersAt(), reply.trailersLength(), trailers);
            if (isTooLarge(frame, reply.trailersAt(), reply.trailersLength())) {
                return;
            }
            end(Ending.replied(statusOf(frame, reply), trailers), turn);
        } else {
            runner.signal(turn);
        }
    }

    /** Only who is going away refuses for others to serve; a limit is not to be gone round. */
    private boolean isUnseen(ReplyFrame reply) {
        return reply.code() == Status.Code.UNAVAILABLE.value() && receivedHeaders == null
                && method.getType().clientSendsOneMessage()
                && again != null && Successor.isAllowed(options);
    }

    /** Headers that were too large have ended the call; what is on its way behind them is no violation. */
    private void requireHeaders() throws ProtocolViolation {
        if (receivedHeaders == null && ending == null) {
            throw new ProtocolViolation("REPLY with a message before headers: call=" + number);
        }
    }

    private void skip(byte[] frame, ReplyFrame reply) throws ProtocolViolation {
        Payload.skip(connection.port(), frame, reply.flags(), reply.messageAt(), reply.messageLength());
    }

    private boolean acceptHeaders(byte[] frame, ReplyFrame reply) throws ProtocolViolation {
        if (receivedHeaders != null || receivedMessage) {
            throw new ProtocolViolation("REPLY with second headers: call=" + number);
        }
        if (isTooLarge(frame, REPLY_BYTES, reply.headersLength())) {
            return false;
        }
        Metadata received = new Metadata();
        MetadataCodec.decode(frame, REPLY_BYTES, reply.headersLength(), received);
        // Release: seen with what is in them, and for sure by whom the signal has deliver.
        RECEIVED_HEADERS.setRelease(this, received);
        return true;
    }

    private boolean isTooLarge(byte[] frame, int at, int length) {
        if (length == 0) {
            return false;
        }
        int counted = MetadataCodec.countedSize(frame, at, length);
        if (counted <= connection.maxInboundMetadataBytes()) {
            return false;
        }
        cancelWith(Status.RESOURCE_EXHAUSTED.withDescription("Response metadata larger than "
                + connection.maxInboundMetadataBytes() + ": " + counted));
        return true;
    }

    private static Status statusOf(byte[] frame, ReplyFrame reply) {
        Status status = Status.fromCodeValue(reply.code());
        if (reply.descriptionLength() == 0) {
            return status;
        }
        return status.withDescription(new String(
                frame, reply.descriptionAt(), reply.descriptionLength(), StandardCharsets.UTF_8));
    }

    /** The peer grants more. With the turn to read. */
    void onGrant(int bytes) throws ProtocolViolation {
        if (!outbound.grant(bytes)) {
            throw new ProtocolViolation("window too large: call=" + number + ", grantBytes=" + bytes);
        }
    }

    /**
     * The connection has ended.
     *
     * @param peerGone the peer ended it, or its own life
     * @param neverRead the peer never read this call's OPEN
     */
    void onConnectionEnd(Status status, boolean peerGone, boolean neverRead) {
        boolean unseen;
        synchronized (openLock) {
            unseen = neverRead || peerGone && !outbound.hasSentAny();
        }
        Ending gone = Ending.unseen(status);
        // What a stream has sent so far is not kept, so it cannot be sent again.
        boolean moves = unseen && method.getType().clientSendsOneMessage() && mayMove(gone);
        end(moves ? gone : Ending.local(status), null);
    }

    // ---- ending ----

    private void cancelWith(Status status) {
        end(Ending.local(status), null);
    }

    private void end(Ending how, @Nullable ReadTurn turn) {
        Ending before = ending;
        while (before == null || how.discardsMessages() && !before.discardsMessages()) {
            if (ENDING.compareAndSet(this, before, before == null ? how : how.overReply())) {
                afterEnd(how, before == null);
                break;
            }
            before = ending;
        }
        runner.signal(turn);
    }

    private void afterEnd(Ending how, boolean first) {
        if (!first) {
            return;
        }
        if (how.toldAtOnce()) {
            tracers.streamClosed(how.status());
        }
        cancelTimer();
        outbound.dropHeld();
        if (!how.isOwn()) {
            release();
        } else {
            releaseCaller();
            synchronized (openLock) {
                if (numberHeld) {
                    outbound.abandon();
                    tellPeer(how.status());
                }
            }
        }
    }

    /** After a reply the callback may take until the deadline. */
    private void releaseCaller() {
        ReplyWait waiting = replyWait;
        if (waiting != null) {
            waiting.release();
        }
    }

    /** Tells the peer that the call is over for us; the number is free once it is told. */
    private void tellPeer(Status status) {
        if (!outbound.hasSentAny()) {
            release();
            return;
        }
        String description = status.getDescription();
        byte[] text = description == null ? MetadataCodec.NONE : Payload.description(description);
        connection.outbound().sendControl(
                CallOutbound.cancelFrame(number, status.getCode().value(), text), this::release);
    }

    private void release() {
        if (NUMBER_HELD.compareAndSet(this, true, false)) {
            connection.released(number);
        }
    }

    // ---- delivering ----

    @Override
    public void deliver() {
        if (closeDelivered) {
            inbound.close();
            return;
        }
        Context previous = context == Context.ROOT ? null : context.attach();
        try {
            deliverInOrder();
        } catch (Throwable t) {
            cancelWith(Status.CANCELLED.withCause(t).withDescription("Failed to read message."));
        } finally {
            if (previous != null) {
                context.detach(previous);
            }
        }
    }

    private void deliverInOrder() {
        Ending end = ending;
        if (end != null && end.discardsMessages()) {
            deliverClose(end);
            return;
        }
        if (outbound.takeReady() && end == null && !halfClosed) {
            listener.onReady();
        }
        if (!headersDelivered && receivedHeaders != null) {
            headersDelivered = true;
            Metadata received = receivedHeaders;
            tracers.inboundHeaders(received);
            listener.onHeaders(received);
        }
        deliverMessages();
        end = ending;
        if (end != null && (end.discardsMessages() || inbound.isEmpty())) {
            deliverClose(end);
        }
    }

    private void deliverMessages() {
        while (true) {
            Ending end = ending;
            if (end != null && end.discardsMessages()) {
                return;
            }
            CallInbound.Node next = inbound.takeRequested();
            if (next == null) {
                return;
            }
            tracers.inboundMessage(next.lengthBytes);
            // Asked again: user code has run, and a call that is over grants nothing.
            if (ending == null && !method.getType().serverSendsOneMessage()) {
                inbound.consumed(connection, 0, number, next.lengthBytes);
            }
            listener.onMessage(Payload.parsed(entry.response(), next.payload));
        }
    }

    private void deliverClose(Ending end) {
        closeDelivered = true;
        inbound.close();
        if (end.unseen() && startAgain(true)) {
            return;
        }
        if (context != Context.ROOT) {
            context.removeListener(this);
        }
        if (!end.isOwn()) {
            tracers.inboundTrailers(end.trailers());
        }
        if (!end.toldAtOnce()) {
            tracers.streamClosed(end.status());
        }
        try {
            listener.onClose(end.status(), end.trailers());
        } catch (RuntimeException e) {
            connection.logListenerFailure(e);
        }
    }

    @Override
    public void ranInTurn(boolean inTime) {}

    @Override
    public void rejected(RejectedExecutionException e) {
        end(Ending.local(Status.CANCELLED.withCause(e).withDescription("executor rejected the call")), null);
    }

    // ---- owner of what is sent ----

    @Override
    public void lastFrameLeaving() {}

    @Override
    public void lastFrameStayed() {}

    @Override
    public void lastFrameSent() {}

    @Override
    public void becameReady(@Nullable ReadTurn turn) {
        runner.signal(turn);
    }

    @Override
    public String toString() {
        return "OutgoingCall[" + method.getFullMethodName() + ", number=" + number + ", ending=" + ending + "]";
    }
}
