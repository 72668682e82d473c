package dev.homeport.spi;

import io.grpc.Attributes;
import java.util.List;

/**
 * Who is at the other end of a port by the kernel's word.
 *
 * @param uid effective user id at connection set-up
 * @param gid effective group id at connection set-up
 * @param pid process id at set-up; counts only while {@code pidfdVerified}
 * @param pidfdVerified whether a descriptor of the process itself (SO_PEERPIDFD) vouches for the pid
 * @param name how the peer wishes to be logged; not verified
 * @param groups supplementary group ids at connection set-up
 */
public record PeerIdentity(
        int uid, int gid, int pid, boolean pidfdVerified, String name, List<Integer> groups) {

    /** An identity without supplementary groups. */
    public PeerIdentity(int uid, int gid, int pid, boolean pidfdVerified, String name) {
        this(uid, gid, pid, pidfdVerified, name, List.of());
    }

    /** The peer of a call or connection on the local route; absent on the remote one. */
    public static final Attributes.Key<PeerIdentity> ATTRIBUTE = Attributes.Key.create("dev.homeport.peer");
}
