package dev.homeport.testkit.frames;

import dev.homeport.call.CallLimits;
import dev.homeport.call.ClientSettings;
import dev.homeport.call.Connection;
import dev.homeport.call.Dispatch;
import dev.homeport.call.ServerSettings;
import dev.homeport.idl.v1.ConnectRequest;
import dev.homeport.spi.EndCause;
import dev.homeport.spi.LocalTransport.Setup;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One side of a connection that takes any frames: an engine with calls of its own open and handlers for the peer's,
 * all run on the thread that feeds. However wrong the frames are, {@link #endAndCheck} must find that every call of
 * either side ended exactly once and that nothing is left of them. Used by one thread, once.
 */
public final class EngineSubject {
    private static final int MAX_MESSAGE_BYTES = 20_000;
    private static final int MAX_METADATA_BYTES = 2_000;
    private static final int MAX_OPEN_CALLS = 16;
    private static final int WINDOW_BYTES = 65_536;
    private static final int FIRST_GENERATION = 1 << 16;
    /** Deadlines end calls from a thread of their own, which may have to wait for a processor. */
    private static final long SETTLING_NANOS = 20_000_000_000L;
    private static final CallLimits LIMITS = new CallLimits(MAX_MESSAGE_BYTES, MAX_METADATA_BYTES, MAX_OPEN_CALLS);
    private static final Setup PEER =
            new Setup("peer", "agent/1", "there", MAX_METADATA_BYTES, WINDOW_BYTES, true, TimeUnit.SECONDS.toNanos(1));

    /** What the engine under test does on its connection. */
    public enum Side {
        /** Starts calls and serves none. */
        CLIENT,
        /** Serves calls and starts none. */
        SERVER,
        /** Does both, as with callbacks. */
        BOTH
    }

    private final MemoryPort port;
    private final Connection connection;
    private final TextServices services = new TextServices();
    private final List<TextServices.Ends> made = new ArrayList<>();
    private final List<Integer> ownCalls = new ArrayList<>();

    /** @param peerReads false: what this side sends has no room, ever */
    public EngineSubject(Side side, boolean peerReads) {
        port = new MemoryPort(peerReads);
        ClientSettings client =
                new ClientSettings("here", Runnable::run, LIMITS, Attributes.EMPTY);
        ServerSettings server = new ServerSettings(
                services, new Dispatch(Runnable::run, null), LIMITS, ServerSettings.Observers.NONE, Attributes.EMPTY,
                null);
        connection = new Connection(
                port, PEER, side == Side.SERVER ? null : client, side == Side.CLIENT ? null : server);
        port.receiver(connection);
        if (side != Side.SERVER) {
            TextServices.METHODS.forEach(this::begin);
        }
    }

    private void begin(MethodDescriptor<ConnectRequest, ConnectRequest> method) {
        ClientCall<ConnectRequest, ConnectRequest> call = connection.newCall(method, CallOptions.DEFAULT);
        TextServices.Ends ends = new TextServices.Ends(method.getFullMethodName());
        // Calls get the slots in turn, each for the first time.
        ownCalls.add(FIRST_GENERATION | made.size());
        made.add(ends);
        call.start(ends.ofCaller(), new Metadata());
        call.request(Integer.MAX_VALUE);
        call.sendMessage(TextServices.MESSAGE);
        if (method.getType().clientSendsOneMessage()) {
            call.halfClose();
        }
    }

    /** Numbers of the calls that this side has started. */
    public List<Integer> ownCalls() {
        return List.copyOf(ownCalls);
    }

    /** Hands over a frame; false if the connection has ended before. What is thrown is a fault of the engine. */
    public boolean feed(byte[] frame) {
        return port.feed(frame);
    }

    /** How the connection ended, or "open". */
    public String end() {
        EndCause end = port.end();
        return end == null ? "open" : end.kind() + ": " + end.detail();
    }

    /** Ends the connection as a peer's death does, and fails unless everything is over, each thing once. */
    public void endAndCheck() {
        port.close(EndCause.of(EndCause.Kind.PEER_DEATH, "the conversation is over"));
        long deadline = System.nanoTime() + SETTLING_NANOS;
        while (!isSettled() && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
        if (!isSettled()) {
            throw new AssertionError("not over: " + Map.of(
                    "end", end(), "callsOpen", connection.hasOpenCalls(), "made", made, "served", services.served(),
                    "blocks", port.openBlocks()));
        }
    }

    private boolean isSettled() {
        return connection.isEnded()
                && !connection.hasOpenCalls()
                && port.openBlocks() == 0
                && made.stream().allMatch(call -> call.count() == 1)
                && services.served().stream().allMatch(call -> call.count() == 1);
    }
}
