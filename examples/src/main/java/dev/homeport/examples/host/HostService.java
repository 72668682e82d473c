package dev.homeport.examples.host;

import dev.homeport.Peer;
import dev.homeport.examples.host.proto.Caller;
import dev.homeport.examples.host.proto.Disk;
import dev.homeport.examples.host.proto.DisksRequest;
import dev.homeport.examples.host.proto.HostGrpc;
import dev.homeport.examples.host.proto.HostReply;
import dev.homeport.examples.host.proto.HostRequest;
import dev.homeport.examples.host.proto.LimitsReply;
import dev.homeport.examples.host.proto.LimitsRequest;
import dev.homeport.examples.host.proto.Process;
import dev.homeport.examples.host.proto.ProcessEvent;
import dev.homeport.examples.host.proto.ProcessesRequest;
import dev.homeport.examples.host.proto.SetLimitRequest;
import dev.homeport.examples.host.proto.WatchRequest;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.Objects;

/** Answers about this host. Who asks is {@link Peer#current()}, and nothing else. Thread-safe. */
final class HostService extends HostGrpc.HostImplBase implements AutoCloseable {
    private final ProcessTable processes = new ProcessTable();
    private final ProcessLimits limits = new ProcessLimits();
    private final HostFacts facts = new HostFacts();
    private final Watches watches = new Watches(processes);

    @Override
    public void about(HostRequest request, StreamObserver<HostReply> reply) {
        Peer caller = Peer.current();
        answer(reply, () -> facts.host()
                .setCaller(Caller.newBuilder()
                        .setUid(caller.uid())
                        .setPid(caller.pid())
                        .setRoot(Viewer.of(caller).isRoot()))
                .build());
    }

    @Override
    public void processes(ProcessesRequest request, StreamObserver<Process> reply) {
        Viewer viewer = Viewer.of(Peer.current());
        Replies.send(
                processes.pids().stream()
                        .map(pid -> processes.read(pid, viewer))
                        .filter(Objects::nonNull)
                        .filter(process -> process.hasDetail() || !request.getOwn())
                        .iterator(),
                reply);
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<ProcessEvent> events) {
        try {
            watches.start(Viewer.of(Peer.current()), (ServerCallStreamObserver<ProcessEvent>) events);
        } catch (RuntimeException e) {
            events.onError(e);
        }
    }

    @Override
    public void disks(DisksRequest request, StreamObserver<Disk> reply) {
        Replies.send(facts.disks().iterator(), reply);
    }

    @Override
    public void limits(LimitsRequest request, StreamObserver<LimitsReply> reply) {
        Peer caller = Peer.current();
        int pid = request.getPid() == 0 ? caller.pid() : request.getPid();
        answer(reply, () -> limits.read(pid, Viewer.of(caller)));
    }

    @Override
    public void setLimit(SetLimitRequest request, StreamObserver<LimitsReply> reply) {
        Viewer viewer = Viewer.of(Peer.current());
        answer(reply, () -> {
            limits.set(request);
            return limits.read(request.getPid(), viewer);
        });
    }

    private interface Answer<T> {
        T get() throws IOException, InterruptedException;
    }

    private static <T> void answer(StreamObserver<T> reply, Answer<T> answer) {
        T value;
        try {
            value = answer.get();
        } catch (IOException e) {
            reply.onError(Status.INTERNAL.withDescription("I/O error").withCause(e).asRuntimeException());
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reply.onError(Status.CANCELLED.withCause(e).asRuntimeException());
            return;
        } catch (RuntimeException e) {
            reply.onError(e);
            return;
        }
        reply.onNext(value);
        reply.onCompleted();
    }

    @Override
    public void close() {
        watches.close();
    }
}
