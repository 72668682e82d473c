package dev.homeport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Who may call a server, a service or a method. The server's own user and root always may: they could do to its
 * process what they like. Everybody else only as a rule says, by the kernel's word on the caller. A caller by TCP
 * has no such word and meets no rule but {@link #remote}. Immutable.
 *
 * <p>A rule for other users also lets them connect; they reach the port only if the runtime directory's mode lets
 * them pass as well.
 */
public final class AccessRule {
    private static final AccessRule SAME_USER = new AccessRule(Set.of(), Set.of(), false, false);
    private static final Path USERS = Path.of("/etc/passwd");
    private static final Path GROUPS = Path.of("/etc/group");

    private final Set<Integer> uids;
    private final Set<Integer> gids;
    private final boolean anyLocalUser;
    private final boolean remote;

    private AccessRule(Set<Integer> uids, Set<Integer> gids, boolean anyLocalUser, boolean remote) {
        this.uids = uids;
        this.gids = gids;
        this.anyLocalUser = anyLocalUser;
        this.remote = remote;
    }

    /** Nobody but the server's own user and root: what holds where no rule is set, callers by TCP aside. */
    public static AccessRule sameUser() {
        return SAME_USER;
    }

    /** A user by number. */
    public static AccessRule user(int uid) {
        return new AccessRule(Set.of(requireNumber("uid", uid)), Set.of(), false, false);
    }

    /**
     * A user by name, looked up now in {@code /etc/passwd}. Users of other directories: by number.
     *
     * @throws IllegalArgumentException if there is no such user
     */
    public static AccessRule user(String name) {
        return user(lookUp("user", name, USERS));
    }

    /** A group by number: callers with it as their effective or a supplementary group. */
    public static AccessRule group(int gid) {
        return new AccessRule(Set.of(), Set.of(requireNumber("gid", gid)), false, false);
    }

    /**
     * A group by name, looked up now in {@code /etc/group}. Who is in it is not: that is the kernel's word.
     *
     * @throws IllegalArgumentException if there is no such group
     */
    public static AccessRule group(String name) {
        return group(lookUp("group", name, GROUPS));
    }

    /** Every user of this host whom the runtime directory lets pass. */
    public static AccessRule anyLocalUser() {
        return new AccessRule(Set.of(), Set.of(), true, false);
    }

    /** Whoever comes by TCP, as far as the server's credentials and interceptors let them. */
    public static AccessRule remote() {
        return new AccessRule(Set.of(), Set.of(), false, true);
    }

    /** Whom this rule or the other one allows. */
    public AccessRule or(AccessRule other) {
        return new AccessRule(
                union(uids, other.uids), union(gids, other.gids),
                anyLocalUser || other.anyLocalUser, remote || other.remote);
    }

    private static Set<Integer> union(Set<Integer> one, Set<Integer> other) {
        Set<Integer> all = new HashSet<>(one);
        all.addAll(other);
        return Set.copyOf(all);
    }

    /**
     * Whether this peer may call.
     *
     * @param ownUid of the server's process
     */
    public boolean allows(Peer peer, int ownUid) {
        if (!peer.isIdentified()) {
            return remote;
        }
        int uid = peer.uid();
        return uid == 0
                || uid == ownUid && uid != Peer.UNKNOWN
                || anyLocalUser
                || uids.contains(uid)
                || gids.contains(peer.gid())
                || !gids.isEmpty() && peer.groups().stream().anyMatch(gids::contains);
    }

    /** Users named, beside the server's own and root. */
    public Set<Integer> uids() {
        return uids;
    }

    /** Groups named. */
    public Set<Integer> gids() {
        return gids;
    }

    /** Whether {@link #anyLocalUser} is part of it. */
    public boolean allowsAnyLocalUser() {
        return anyLocalUser;
    }

    private static int requireNumber(String what, int number) {
        if (number < 0) {
            throw new IllegalArgumentException(what + " must not be negative: " + number);
        }
        return number;
    }

    /** Lines of both files are {@code name:password:number:...}. */
    private static int lookUp(String kind, String name, Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot look up " + kind + " " + name + ": " + e, e);
        }
        for (String line : lines) {
            String[] fields = line.split(":");
            if (fields.length > 2 && fields[0].equals(name)) {
                return Integer.parseInt(fields[2]);
            }
        }
        throw new IllegalArgumentException("no such " + kind + " in " + file + ": " + name);
    }

    @Override
    public String toString() {
        return "AccessRule[uids=" + uids + ", gids=" + gids + ", anyLocalUser=" + anyLocalUser + ", remote=" + remote
                + "]";
    }
}
