package dev.homeport.call;

import static dev.homeport.frame.FrameLayout.*;

import dev.homeport.frame.DataFrame;
import dev.homeport.frame.MetadataCodec;
import dev.homeport.spi.FramePort;
import dev.homeport.spi.ProtocolViolation;
import dev.homeport.spi.ReadTurn;
import io.grpc.Attributes;
import io.grpc.CompressorRegistry;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.SecurityLevel;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A call of the peer, on the side that serves it. The connection hands it the frames of its number; the
 * handler drives it as it drives any {@link ServerCall}; {@link CallRunner} runs the handler. A method
 * that sends one reply sends one frame: headers and message wait here for {@code close}, as they wait
 * unflushed in grpc-netty.
 */
final class IncomingCall<Q, R> extends ServerCall<Q, R> implements CallRunner.Events, CallOutbound.Owner {
    private static final VarHandle STAGE;
    private static final VarHandle COMPLETED;
    private static final VarHandle HALF_CLOSED;

    /** The handler has called {@link #close}. */
    private static final int CLOSED = 1;
    /** The call's status is decided, by the handler, the engine or the caller. */
    private static final int FINISHED = 2;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STAGE = lookup.findVarHandle(IncomingCall.class, "stage", int.class);
            HALF_CLOSED = lookup.findVarHandle(IncomingCall.class, "halfClosed", boolean.class);
            COMPLETED = lookup.findVarHandle(IncomingCall.class, "completed", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Fixed once constructed.
    private final Connection connection;
    private final ServerSettings settings;
    private final int number;
    private final String methodName;
    private final @Nullable String authority;
    private final Metadata headers;
    private final long timeoutNanos;
    private final int depth;
    private final CallOutbound outbound;
    private final CallInbound inbound;
    private final CallRunner runner;
    /** Runs the call on the caller that waits in the call around it; or null. */
    private final @Nullable NestedCallbacks caller;

    // Set by start() on the thread that delivers, before the handler can see the call.
    private IncomingMethods.Entry entry;
    private MethodDescriptor<Q, R> method;
    private boolean singleReply;
    private boolean singleRequest;
    private final ServerTracers tracers;
    private volatile Context.@Nullable CancellableContext context;
    private ServerCall.@Nullable Listener<Q> listener;

    // Of the thread that has the turn to read.
    private boolean halfCloseReceived;

    // Of the handler: calls to a ServerCall come one at a time.
    private boolean headersSent;
    private @Nullable Metadata heldHeaders;
    private boolean messageSent;

    // Shared.
    /** The caller sends no more. Written through {@link #HALF_CLOSED}. */
    private volatile boolean halfClosed;
    /** {@link #CLOSED} and {@link #FINISHED}. Written through {@link #STAGE}. */
    private volatile int stage;
    /** The status has left. Written through {@link #COMPLETED}. */
    private volatile boolean completed;
    /** Why the caller or the connection ended the call before it was complete; null if they did not. */
    private volatile @Nullable Status cancellation;

    // Of the thread that delivers.
    private boolean started;
    private boolean halfCloseDelivered;
    private boolean endDelivered;

    @SuppressWarnings("unchecked")
    IncomingCall(Connection connection, ServerSettings settings, Opening opening) {
        this.connection = connection;
        this.settings = settings;
        this.tracers = ServerTracers.of(settings.observers().tracers());
        this.number = opening.number();
        this.entry = opening.method();
        this.methodName = entry.name();
        this.authority = opening.authority();
        this.headers = opening.headers();
        this.timeoutNanos = opening.timeoutNanos();
        this.depth = opening.depth();
        this.outbound = new CallOutbound(connection.outbound(), this, connection.peerWindowBytes());
        this.inbound = new CallInbound(connection.queueOfUser());
        this.caller = opening.caller();
        this.runner = new CallRunner(
                this, caller != null ? caller : connection.executorFor(settings.dispatch().executor()));
        this.method = (MethodDescriptor<Q, R>) UnknownMethod.DESCRIPTOR;
        if (entry.definition() != null) {
            serveBy(entry);
        }
    }

    /**
     * What an OPEN frame says, read.
     *
     * @param number of the call
     * @param timeoutNanos left when the frame was sent
     * @param depth calls around it that wait for it, as far as they went through this connection
     * @param caller waits in the call that this one is part of, and runs it; or null
     */
    record Opening(
            int number,
            IncomingMethods.Entry method,
            @Nullable String authority,
            Metadata headers,
            long timeoutNanos,
            int depth,
            @Nullable NestedCallbacks caller) {}

    @SuppressWarnings("unchecked")
    private void serveBy(IncomingMethods.Entry found) {
        entry = found;
        method = (MethodDescriptor<Q, R>) found.definition().getMethodDescriptor();
        singleReply = method.getType().serverSendsOneMessage();
        singleRequest = method.getType().clientSendsOneMessage();
    }

    int number() {
        return number;
    }

    /** Whether the call's status is decided, so that the peer may have forgotten it. */
    boolean isFinished() {
        return (stage & FINISHED) != 0;
    }

    /** Whether it was this thread that decided the call's status. */
    private boolean finish() {
        return ((int) STAGE.getAndBitwiseOr(this, FINISHED) & FINISHED) == 0;
    }

    // ---- frames, with the turn to read ----

    /** What came with OPEN; then the handler runs. */
    void onOpened(byte[] frame, int messageAt, int messageLength, int flags, ReadTurn turn)
            throws ProtocolViolation {
        if ((flags & FLAG_MESSAGE) != 0) {
            addMessage(frame, flags, messageAt, messageLength);
        }
        if ((flags & FLAG_HALF_CLOSE) != 0) {
            halfCloseReceived = true;
            // Release: seen behind the message that came before, and for sure by whom the signal has deliver.
            HALF_CLOSED.setRelease(this, true);
        }
        if (settings.dispatch().callExecutor() != null) {
            chooseExecutor();
        }
        // A method known to be slow goes to the executor at once.
        runner.signal(entry.pace().isSlow() ? null : turn);
    }

    private void chooseExecutor() {
        Executor chosen = settings.dispatch().callExecutor().getExecutor(this, headers);
        if (chosen != null) {
            runner.executor(chosen);
        }
    }

    void onData(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        if (halfCloseReceived || inbound.hasPieces()) {
            throw new ProtocolViolation("DATA after half-close or between pieces: call=" + number);
        }
        DataFrame data = DataFrame.read(frame, length);
        if (data.messageLength() > settings.limits().maxMessageBytes()) {
            if (!data.has(FLAG_FRAGMENTED)) {
                Payload.skip(connection.port(), frame, data.flags(), DATA_BYTES, data.messageLength());
            }
            refuseTooLarge(data.messageLength());
            return;
        }
        if (data.has(FLAG_FRAGMENTED)) {
            if (!inbound.beginPieces(frame, length, data.totalBytes())) {
                refuseForBound();
            } else if (isFinished()) {
                // Who ended the call may have looked before they were there.
                inbound.giveUpPieces();
            }
            return;
        }
        accept(frame, data, turn);
    }

    void onFragment(byte[] frame, int length, ReadTurn turn) throws ProtocolViolation {
        if (!inbound.hasPieces()) {
            if (isFinished()) {
                return;
            }
            throw new ProtocolViolation("FRAGMENT of no frame: call=" + number);
        }
        if (!inbound.addPiece(frame, length)) {
            refuseForBound();
            return;
        }
        Reassembly whole = inbound.takeWhole();
        if (whole != null) {
            accept(whole.bytes(), DataFrame.read(whole.bytes(), whole.length()), turn);
        }
    }

    private void accept(byte[] frame, DataFrame data, ReadTurn turn) throws ProtocolViolation {
        if (data.has(FLAG_MESSAGE)) {
            addMessage(frame, data.flags(), DATA_BYTES, data.messageLength());
        }
        if (data.has(FLAG_HALF_CLOSE)) {
            halfCloseReceived = true;
            // Release: seen behind the message that came before, and for sure by whom the signal has deliver.
            HALF_CLOSED.setRelease(this, true);
        }
        runner.signal(turn);
    }

    private void addMessage(byte[] frame, int flags, int at, int length) throws ProtocolViolation {
        inbound.onArrival(number, length);
        if (!inbound.mayKeep(length)) {
            Payload.skip(connection.port(), frame, flags, at, length);
            refuseForBound();
            return;
        }
        inbound.add(Payload.read(connection, entry.request(), frame, flags, at, length), length);
    }

    /** The caller's user keeps as much here as it may. */
    private void refuseForBound() {
        closeFromEngine(Status.RESOURCE_EXHAUSTED.withDescription(connection.queueOfUser().exhausted()));
    }

    private void refuseTooLarge(int messageLength) {
        closeFromEngine(tooLarge(messageLength, settings.limits().maxMessageBytes()));
    }

    static Status tooLarge(int messageLength, int maxBytes) {
        return Status.RESOURCE_EXHAUSTED.withDescription(
                "gRPC message exceeds maximum size " + maxBytes + ": " + messageLength);
    }

    void onGrant(int bytes) throws ProtocolViolation {
        if (!outbound.grant(bytes)) {
            throw new ProtocolViolation("window too large: call=" + number + ", grantBytes=" + bytes);
        }
    }

    /** The caller has cancelled, or the connection has ended. */
    void onCancel(Status status, @Nullable ReadTurn turn) {
        if (cancellation != null || completed) {
            // Over by its deadline, it may be here for a status that has not left: nobody waits for that any more.
            outbound.abandon();
            connection.forget(this);
            return;
        }
        cancellation = status;
        if (finish()) {
            tracers.streamClosed(status);
        }
        outbound.dropHeld();
        outbound.abandon();
        connection.forget(this);
        cancelContext(status.getCause() != null ? status.getCause() : status.asRuntimeException());
        runner.signal(turn);
        releaseCaller();
    }

    /** Nobody waits for the handler any more, nor is the caller to which it may have come. */
    private void releaseCaller() {
        if (caller != null) {
            caller.interrupt(runner);
        }
    }

    /** A handler that runs learns of the end by its Context, whose listeners are not for a reading thread. */
    private void cancelContext(@Nullable Throwable cause) {
        Context.CancellableContext running = context;
        if (running != null) {
            CommonExecutor.INSTANCE.execute(() -> running.cancel(cause));
        }
    }

    // ---- the handler's side ----

    @Override
    public void request(int count) {
        if (inbound.request(count)) {
            runner.signal(null);
        }
    }

    @Override
    public void sendHeaders(Metadata sent) {
        if (headersSent) {
            throw new IllegalStateException("sendHeaders has already been called");
        }
        if ((stage & CLOSED) != 0) {
            throw new IllegalStateException("call is closed");
        }
        headersSent = true;
        if (isFinished()) {
            return;
        }
        if (singleReply) {
            heldHeaders = sent;
        } else {
            send(FLAG_HEADERS, Status.OK, MetadataCodec.encode(sent, null, null), null, MetadataCodec.NONE);
        }
    }

    @Override
    public void sendMessage(R message) {
        if (!headersSent) {
            throw new IllegalStateException("sendHeaders has not been called");
        }
        if ((stage & CLOSED) != 0) {
            throw new IllegalStateException("call is closed");
        }
        if (singleReply && messageSent) {
            failHandler("Too many responses");
            return;
        }
        messageSent = true;
        if (isFinished()) {
            return;
        }
        try {
            Object ready = entry.response().toPayload(message, connection.port());
            if (singleReply) {
                outbound.hold(ready);
                if (isFinished()) {
                    outbound.dropHeld();
                }
            } else {
                send(0, Status.OK, MetadataCodec.NONE, ready, MetadataCodec.NONE);
            }
        } catch (RuntimeException e) {
            close(Status.fromThrowable(e), new Metadata());
        } catch (Error e) {
            close(Status.CANCELLED.withDescription("Server sendMessage() failed with Error"), new Metadata());
            throw e;
        }
    }

    /** The handler broke the rules of its method; the caller learns that it was the server's fault. */
    private void failHandler(String what) {
        closeFromEngine(Status.INTERNAL.withDescription(what));
    }

    @Override
    public boolean isReady() {
        return !isFinished() && outbound.isReady();
    }

    @Override
    public void setOnReadyThreshold(int bytes) {
        outbound.readyThreshold(bytes);
    }

    @Override
    public boolean isCancelled() {
        return cancellation != null;
    }

    @Override
    public void setCompression(String compressor) {
        if (headersSent) {
            throw new IllegalStateException("sendHeaders has been called");
        }
        if (CompressorRegistry.getDefaultInstance().lookupCompressor(compressor) == null) {
            throw new IllegalArgumentException("Unable to find compressor by name " + compressor);
        }
    }

    @Override
    public void close(Status status, Metadata trailers) {
        int before = (int) STAGE.getAndBitwiseOr(this, CLOSED | FINISHED);
        if ((before & CLOSED) != 0) {
            throw new IllegalStateException("call already closed");
        }
        if ((before & FINISHED) != 0) {
            outbound.dropHeld();
            return;
        }
        if (status.isOk() && singleReply && !messageSent) {
            closeNow(Status.INTERNAL.withDescription("Completed without a response"), new Metadata());
        } else {
            closeNow(status, trailers);
        }
    }

    private void closeFromEngine(Status status) {
        closeFromEngine(status, new Metadata());
    }

    private void closeFromEngine(Status status, Metadata trailers) {
        if (finish()) {
            heldHeaders = null;
            outbound.dropHeld();
            cancelContext(status.getCause());
            closeNow(status, trailers);
        }
    }

    private void closeNow(Status status, Metadata trailers) {
        byte[] headersBlock = MetadataCodec.NONE;
        int flags = FLAG_STATUS;
        if (heldHeaders != null) {
            flags |= FLAG_HEADERS;
            headersBlock = MetadataCodec.encode(heldHeaders, null, null);
        }
        Object message = null;
        if (status.isOk()) {
            message = outbound.takeHeld();
        } else {
            outbound.dropHeld();
        }
        byte[] trailersBlock = MetadataCodec.encode(trailers, null, null);
        if (message != null && isLong(status, headersBlock.length + trailersBlock.length)) {
            // A frame that is cut names no section: metadata this long goes around its message.
            send(flags & FLAG_HEADERS, Status.OK, headersBlock, null, MetadataCodec.NONE);
            send(0, Status.OK, MetadataCodec.NONE, message, MetadataCodec.NONE);
            send(FLAG_STATUS, status, MetadataCodec.NONE, null, trailersBlock);
        } else {
            send(flags, status, headersBlock, message, trailersBlock);
        }
        tracers.streamClosed(status);
    }

    private boolean isLong(Status status, int metadataBytes) {
        int description = status.getDescription() == null ? 0 : MAX_DESCRIPTION_BYTES;
        return REPLY_BYTES + metadataBytes + description + BODY_BYTES > connection.maxFrameBytes();
    }

    @Override
    public SecurityLevel getSecurityLevel() {
        return connection.securityLevel();
    }

    @Override
    public Attributes getAttributes() {
        return connection.attributes();
    }

    @Override
    public @Nullable String getAuthority() {
        return authority != null ? authority : connection.peerAuthority();
    }

    @Override
    public MethodDescriptor<Q, R> getMethodDescriptor() {
        return method;
    }

    // ---- sending ----

    private void send(int parts, Status status, byte[] headersBlock, @Nullable Object given, byte[] trailers) {
        ReplyParts reply = ReplyParts.of(number, parts, status, headersBlock, trailers);
        int messageLength = Payload.sizeOf(given);
        int cost = given == null || singleReply ? 0 : CallOutbound.windowCost(messageLength);
        if (given != null) {
            tracers.outboundMessage(messageLength);
        }
        FramePort port = connection.port();
        if (Payload.asksFirst(port, given, messageLength)) {
            askForSpace(reply, given, messageLength, cost);
            return;
        }
        Object message = Payload.place(port, given, messageLength);
        if (Payload.asksInstead(port, message, messageLength)) {
            askForSpace(reply, given, messageLength, cost);
            return;
        }
        int length = reply.lengthWith(message, messageLength);
        boolean small = length <= connection.maxFrameBytes();
        byte[] frame = small ? FrameScratch.get() : new byte[length];
        reply.write(frame, message, messageLength);
        Payload.countSent(connection, message, messageLength, small);
        if (small) {
            outbound.send(frame, length, cost, reply.endsCall(), Payload.body(message));
        } else {
            outbound.sendOwned(frame, cost, reply.endsCall(), Payload.body(message));
        }
    }

    private void askForSpace(ReplyParts reply, Object message, int messageLength, int cost) {
        OutFrame place = outbound.keepPlace(number, messageLength, cost);
        new HeldReply(connection, outbound, methodName, place, reply, message, messageLength).ask();
    }

    @Override
    public void lastFrameLeaving() {
        connection.forget(this);
    }

    @Override
    public void lastFrameStayed() {
        connection.remember(this);
    }

    @Override
    public void lastFrameSent() {
        // Release: the signal behind it has it seen.
        COMPLETED.setRelease(this, true);
        runner.signal(null);
    }

    @Override
    public @Nullable UserQueue boundOfQueue() {
        return connection.queueOfUser();
    }

    @Override
    public byte[] lastFrameOf(Status overflow) {
        ReplyParts parts = ReplyParts.of(number, FLAG_STATUS, overflow, MetadataCodec.NONE, MetadataCodec.NONE);
        byte[] frame = new byte[parts.lengthWith(null, 0)];
        parts.write(frame, null, 0);
        return frame;
    }

    /** The caller reads too little of what it asked for: to the handler this is a cancellation. */
    @Override
    public void overflowed(Status overflow) {
        if (cancellation != null || completed) {
            return;
        }
        cancellation = overflow;
        if (finish()) {
            tracers.streamClosed(overflow);
        }
        outbound.dropHeld();
        cancelContext(overflow.asRuntimeException());
        runner.signal(null);
    }

    @Override
    public void becameReady(@Nullable ReadTurn turn) {
        runner.signal(turn);
    }

    // ---- delivering ----

    @Override
    public void deliver() {
        if (endDelivered) {
            inbound.close();
            return;
        }
        try {
            if (!started && !start()) {
                return;
            }
            Context previous = context.attach();
            try {
                deliverInOrder();
            } finally {
                context.detach(previous);
            }
        } catch (Throwable t) {
            handlerThrew(t);
        }
    }

    /** What gRPC answers for a handler that threw. */
    private void handlerThrew(Throwable t) {
        if (context == null) {
            // A tracer threw before there was one; the end is delivered in one as ever.
            context = connection.serverContext().withCancellation();
        }
        Metadata trailers = Status.trailersFromThrowable(t);
        closeFromEngine(
                Status.UNKNOWN.withDescription("Application error processing RPC").withCause(t),
                trailers != null ? trailers : new Metadata());
        connection.logHandlerFailure(methodName, t);
    }

    /** Finds the handler and starts it; false if there is none. */
    private boolean start() {
        started = true;
        listener = new ServerCall.Listener<>() {};
        tracers.create(methodName, headers);
        context = newContext();
        if (entry.definition() == null) {
            ServerMethodDefinition<?, ?> found = settings.methods().lookup(methodName, authority);
            if (found == null) {
                closeFromEngine(Status.UNIMPLEMENTED.withDescription("Method not found: " + methodName));
                return true;
            }
            serveBy(IncomingMethods.Entry.of(methodName, found));
        }
        Context previous = context.attach();
        try {
            startHandler();
        } finally {
            context.detach(previous);
        }
        return true;
    }

    private Context.CancellableContext newContext() {
        Context base = connection.serverContext();
        if (connection.mayNest()) {
            base = base.withValue(CallScope.KEY, new CallScope(connection, number, depth));
        }
        if (tracers != ServerTracers.NONE) {
            base = tracers.filterContext(base);
        }
        if (timeoutNanos == NO_TIMEOUT) {
            return base.withCancellation();
        }
        Context.CancellableContext limited =
                base.withDeadline(Deadline.after(timeoutNanos, TimeUnit.NANOSECONDS), Timers.INSTANCE);
        limited.addListener(this::contextCancelled, Runnable::run);
        return limited;
    }

    /** The deadline has passed: the caller knows by its own clock, and the call is over here as well. */
    private void contextCancelled(Context cancelled) {
        if (cancelled.cancellationCause() instanceof java.util.concurrent.TimeoutException) {
            closeOnDeadline();
        }
    }

    private void closeOnDeadline() {
        Status status = Status.DEADLINE_EXCEEDED.withDescription("context timed out");
        if (finish()) {
            // Before the status leaves: to the handler this is a cancellation, not a completion.
            cancellation = status;
            outbound.dropHeld();
            send(FLAG_STATUS, status, MetadataCodec.NONE, null, MetadataCodec.NONE);
            tracers.streamClosed(status);
            runner.signal(null);
            releaseCaller();
        }
    }

    @SuppressWarnings("unchecked")
    private void startHandler() {
        tracers.serverCallStarted(method, connection.attributes(), getAuthority());
        ServerMethodDefinition<Q, R> definition = (ServerMethodDefinition<Q, R>) entry.definition();
        ServerCall.Listener<Q> made = definition.getServerCallHandler().startCall(this, headers);
        if (made == null) {
            throw new NullPointerException("startCall() returned a null listener for method " + methodName);
        }
        listener = made;
    }

    private void deliverInOrder() {
        if (cancellation == null) {
            if (outbound.takeReady() && !isFinished()) {
                listener.onReady();
            }
            deliverMessages();
            inbound.giveBackReserved();
            if (halfClosed && !halfCloseDelivered && inbound.isEmpty() && !isFinished()) {
                halfCloseDelivered = true;
                listener.onHalfClose();
            }
        }
        if (cancellation != null) {
            deliverCancel();
        } else if (completed) {
            deliverComplete();
        }
    }

    private void deliverMessages() {
        while (!isFinished()) {
            CallInbound.Node next = inbound.takeRequested();
            if (next == null) {
                return;
            }
            tracers.inboundMessage(next.lengthBytes);
            if (!singleRequest && !halfClosed) {
                inbound.consumed(connection, FLAG_FROM_CALLEE, number, next.lengthBytes);
            }
            Q message;
            try {
                message = Payload.parsed(entry.request(), next.payload);
            } catch (UnreadableBody e) {
                // No handler saw it; the caller's next try goes another way.
                closeFromEngine(Status.UNAVAILABLE.withDescription("the request can no longer be read: " + e.getMessage()));
                return;
            }
            listener.onMessage(message);
        }
    }

    private void deliverCancel() {
        endDelivered = true;
        inbound.close();
        Status why = cancellation;
        try {
            context.cancel(why.getCause() != null ? why.getCause() : why.asRuntimeException());
            listener.onCancel();
        } finally {
            connection.finished();
        }
    }

    private void deliverComplete() {
        endDelivered = true;
        inbound.close();
        try {
            listener.onComplete();
        } finally {
            context.cancel(null);
            connection.finished();
        }
    }

    @Override
    public void ranInTurn(boolean inTime) {
        entry.pace().ran(inTime);
    }

    @Override
    public void ranOnCaller(boolean inTime, boolean interrupted) {
        entry.pace().ran(inTime);
        if (interrupted && !inTime) {
            entry.pace().keptCaller();
        }
    }

    @Override
    public void rejected(RejectedExecutionException e) {
        closeFromEngine(Status.UNAVAILABLE.withDescription("the server's executor rejected the call").withCause(e));
    }

    @Override
    public String toString() {
        return "IncomingCall[" + methodName + ", number=" + number + ", finished=" + isFinished() + "]";
    }

    /** Stands for a method until it is found; never served. */
    private static final class UnknownMethod {
        static final MethodDescriptor<byte[], byte[]> DESCRIPTOR = MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNKNOWN)
                .setFullMethodName("unknown/unknown")
                .setRequestMarshaller(RawBytes.INSTANCE)
                .setResponseMarshaller(RawBytes.INSTANCE)
                .build();
    }
}
