package dev.homeport.examples.host;

import dev.homeport.examples.host.proto.Process;
import dev.homeport.examples.host.proto.ProcessEvent;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells one caller of all processes, and then of those that begin and end, by comparing what is there with what was
 * told last. A caller that does not read is told nothing meanwhile, and misses what began and ended between. Run by
 * one thread at a time.
 */
final class ProcessWatch implements Runnable {
    private final ProcessTable table;
    private final Viewer viewer;
    private final ServerCallStreamObserver<ProcessEvent> events;
    private final Map<Integer, Told> told = new HashMap<>();
    private ProcessEvent.Kind kindOfNew = ProcessEvent.Kind.PRESENT;

    private record Told(ProcessIdentity identity, Process process) {}

    ProcessWatch(ProcessTable table, Viewer viewer, ServerCallStreamObserver<ProcessEvent> events) {
        this.table = table;
        this.viewer = viewer;
        this.events = events;
    }

    @Override
    public void run() {
        try {
            if (events.isReady() && !events.isCancelled()) {
                look();
            }
        } catch (RuntimeException e) {
            events.onError(Status.INTERNAL.withDescription("the watch failed").withCause(e).asRuntimeException());
            throw e;
        }
    }

    private void look() {
        for (Integer pid : new ArrayList<>(told.keySet())) {
            ProcessIdentity now = table.identity(pid);
            // A process that runs another program is the same process: only the start tells one from another.
            if (now == null || now.startTicks() != told.get(pid).identity().startTicks()) {
                tell(ProcessEvent.Kind.ENDED, told.remove(pid).process());
            }
        }
        for (Integer pid : table.pids()) {
            if (!told.containsKey(pid)) {
                lookAtNew(pid);
            }
        }
        kindOfNew = ProcessEvent.Kind.BEGUN;
    }

    private void lookAtNew(int pid) {
        ProcessIdentity identity = table.identity(pid);
        Process process = table.read(pid, viewer);
        if (identity != null && process != null) {
            told.put(pid, new Told(identity, process));
            tell(kindOfNew, process);
        }
    }

    private void tell(ProcessEvent.Kind kind, Process process) {
        events.onNext(ProcessEvent.newBuilder().setKind(kind).setProcess(process).build());
    }
}
