package dev.homeport.bench.load;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.homeport.Route;
import dev.homeport.bench.proto.Body;
import dev.homeport.bench.proto.EchoGrpc;
import dev.homeport.bench.rival.Endpoints;
import dev.homeport.bench.rival.Reading;
import dev.homeport.bench.rival.Rival;
import io.grpc.ManagedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A rival that carries gRPC calls: one channel that stays open for all runs, and more for who wants more. Sees to it
 * that calls go by the route that is to be measured.
 */
public final class GrpcSubject implements Subject {
    private static final long ROUTE_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long ROUTE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int PATTERN_STEP = 31;

    private final Rival rival;
    private final Endpoints endpoints;
    private final String address;
    /** Stay open from run to run, so that opening them is no part of what a run costs. */
    private final List<ManagedChannel> crowd = new ArrayList<>();
    private @Nullable ManagedChannel shared;
    private @Nullable ManagedChannel serving;

    public GrpcSubject(Rival rival, String address) {
        this.rival = rival;
        this.endpoints = new Endpoints(rival);
        this.address = address;
    }

    /** A payload with something in it. */
    static byte[] payload(int bytes) {
        byte[] payload = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            payload[i] = (byte) (i * PATTERN_STEP);
        }
        return payload;
    }

    static Body body(int bytes) {
        return Body.newBuilder().setPayload(UnsafeByteOperations.unsafeWrap(payload(bytes))).build();
    }

    @Override
    public GrpcSubject grpc() {
        return this;
    }

    @Override
    public Call caller(int bytes) throws InterruptedException {
        return caller(shared(), bytes);
    }

    /** A blocking caller of its own stub on that channel. */
    static Call caller(ManagedChannel channel, int bytes) {
        EchoGrpc.EchoBlockingStub stub = EchoGrpc.newBlockingStub(channel);
        ByteString payload = body(bytes).getPayload();
        long sum = Reading.sum(payload);
        return () -> {
            Body reply = stub.unary(Body.newBuilder().setPayload(payload).build());
            if (Reading.sum(reply.getPayload()) != sum) {
                throw new IllegalStateException("reply differs: bytes=" + reply.getPayload().size());
            }
        };
    }

    /** The channel that all runs share, on its route. */
    ManagedChannel shared() throws InterruptedException {
        if (shared == null) {
            shared = openReady(null);
        }
        return shared;
    }

    /** The channel that all runs share whose client serves callbacks, on its route. */
    ManagedChannel serving() throws InterruptedException {
        if (serving == null) {
            serving = endpoints.openServing(address);
            awaitRoute(serving);
        }
        return serving;
    }

    /** A new channel, on its route; the caller closes it. */
    ManagedChannel openReady(@Nullable Executor executor) throws InterruptedException {
        ManagedChannel channel = endpoints.open(address, executor);
        awaitRoute(channel);
        return channel;
    }

    /** So many channels on their route, and not one more that {@link #crowd} opened before. */
    List<ManagedChannel> crowd(int channels) throws InterruptedException {
        while (crowd.size() < channels) {
            crowd.add(openReady(null));
        }
        while (crowd.size() > channels) {
            Endpoints.close(crowd.removeLast());
        }
        return List.copyOf(crowd);
    }

    /** A new channel that has not connected yet; the caller closes it. */
    ManagedChannel open() {
        return endpoints.open(address);
    }

    /** Whether calls on {@link #shared} end on the thread that begins them. */
    boolean isInline() {
        return rival == Rival.IN_PROCESS;
    }

    private void awaitRoute(ManagedChannel channel) throws InterruptedException {
        long deadline = System.nanoTime() + ROUTE_PATIENCE_NANOS;
        Call call = caller(channel, 0);
        call.run();
        while (!isOnRoute(channel)) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("calls take the wrong route: " + Route.of(channel));
            }
            LockSupport.parkNanos(ROUTE_PAUSE_NANOS);
            call.run();
        }
    }

    /** Whether the next call goes where this rival's calls must go. */
    boolean isOnRoute(ManagedChannel channel) {
        Route route = Route.of(channel);
        return switch (rival) {
            case HOMEPORT, HOMEPORT_RULES -> route != null && route.isLocal();
            case HOMEPORT_REMOTE -> route != null && !route.isLocal();
            default -> route == null;
        };
    }

    @Override
    public void close() {
        crowd.forEach(Endpoints::close);
        if (shared != null) {
            Endpoints.close(shared);
        }
        if (serving != null) {
            Endpoints.close(serving);
        }
    }
}
