package dev.homeport.chaos.topic;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How often a caller calls. Pauses are of any length up to twice the mean, so that calls meet readers that spin, that
 * just fell asleep, and that have slept for long.
 *
 * @param perSecond calls a second; 0: as many as there is time for
 */
record Pace(int perSecond) {
    static final Pace UNBOUNDED = new Pace(0);

    void rest() {
        if (perSecond > 0) {
            long mean = TimeUnit.SECONDS.toNanos(1) / perSecond;
            LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(2 * mean));
        }
    }
}
