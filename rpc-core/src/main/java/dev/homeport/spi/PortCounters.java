package dev.homeport.spi;

/**
 * What went through a port since it began. Reading them disturbs nobody; they may be a little old.
 *
 * @param framesSent frames the peer could read
 * @param framesRead frames read from the peer
 * @param doorbellsRung wake-ups sent, by system call
 * @param safetyNetWakes waits that ended by their safety time-out with something to read; always 0 if
 *     nothing is broken
 * @param takeOvers times a turn was taken from a thread in slow user code
 */
public record PortCounters(
        long framesSent, long framesRead, long doorbellsRung, long safetyNetWakes, long takeOvers) {
}
