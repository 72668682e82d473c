package dev.homeport.call;

import java.util.concurrent.ScheduledThreadPoolExecutor;

/** The process's clock for deadlines: one daemon thread, idle while no deadline is near. */
final class Timers {
    static final ScheduledThreadPoolExecutor INSTANCE = create();

    private Timers() {}

    private static ScheduledThreadPoolExecutor create() {
        ScheduledThreadPoolExecutor timers = new ScheduledThreadPoolExecutor(
                1, task -> Thread.ofPlatform().daemon().name("homeport-timer").unstarted(task));
        timers.setRemoveOnCancelPolicy(true);
        timers.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return timers;
    }
}
