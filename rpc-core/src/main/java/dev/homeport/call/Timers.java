package dev.homeport.call;

import java.util.concurrent.ScheduledThreadPoolExecutor;

/** The process's clock for deadlines and what is like them: one daemon thread, idle while none is near. */
final class Timers {
    static final ScheduledThreadPoolExecutor INSTANCE = create();

    private Timers() {}

    private static ScheduledThreadPoolExecutor create() {
        ScheduledThreadPoolExecutor timers = new DeadlineWheel(
                task -> Thread.ofPlatform().daemon().name("homeport-timer").unstarted(task));
        timers.setRemoveOnCancelPolicy(true);
        timers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return timers;
    }
}
