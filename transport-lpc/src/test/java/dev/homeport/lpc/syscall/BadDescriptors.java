package dev.homeport.lpc.syscall;

/** Descriptors that no honest peer sends; for tests of other packages. */
public final class BadDescriptors {
    private BadDescriptors() {}

    public static int unsealable(String name) {
        return Memfd.createUnsealable(name);
    }

    public static int huge(String name) {
        return Memfd.createHuge(name);
    }

    /** An O_PATH descriptor: it names a file and can neither be read nor mapped. */
    public static int pathOnly(String path) {
        return Descriptors.openNoFollow(path, 0x200000, 0);
    }

    /** Opens what a link under /proc/self/fd leads to, with other rights. */
    public static int reopen(int descriptor, int flags) {
        try (var arena = java.lang.foreign.Arena.ofConfined()) {
            return (int) Kernel.call(
                    SyscallNumbers.OPENAT,
                    -100,
                    arena.allocateFrom("/proc/self/fd/" + descriptor).address(),
                    flags | Descriptors.O_CLOEXEC,
                    0);
        }
    }
}
