package dev.homeport.examples.host;

import java.util.Set;

/**
 * Which process has a number, and whose it is. Two that are equal are the same program of the same process: a
 * number that was given to another process differs in the start, a process that took another's rights in the users.
 *
 * @param startTicks when it began, in clock ticks since the host did
 * @param uids real, effective, saved and file system's
 * @param keeper owner of its files in {@code /proc}: root if the kernel keeps it from its own user, as it does with
 *     programs that hold secrets or rights of others
 */
record ProcessIdentity(long startTicks, Set<Integer> uids, int keeper) {
    /** Whether it is wholly that user's: a program of another's, started by that user, is not. */
    boolean belongsTo(int uid) {
        return keeper == uid && uids.equals(Set.of(uid));
    }
}
