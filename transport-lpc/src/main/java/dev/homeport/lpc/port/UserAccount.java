package dev.homeport.lpc.port;

import dev.homeport.lpc.transfer.Bounds;

/**
 * What processes of one user have of this one now. Reading it disturbs nobody; for monitoring.
 *
 * @param halfOpen set-ups that are not complete
 * @param connections to servers of this process
 * @param descriptors that those connections keep open here
 * @param mappedBytes sections and lent memory
 */
public record UserAccount(int halfOpen, int connections, int descriptors, long mappedBytes) {
    /** That of a user. */
    public static UserAccount of(int uid) {
        long mapped = Bounds.mappedBytes(uid);
        SetupServer server = SetupServer.ifStarted();
        return server == null
                ? new UserAccount(0, 0, 0, mapped)
                : new UserAccount(
                        server.halfOpen(uid), server.connections(uid), server.descriptors(uid), mapped);
    }
}
