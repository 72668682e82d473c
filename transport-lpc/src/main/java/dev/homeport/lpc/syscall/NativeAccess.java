package dev.homeport.lpc.syscall;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Whether this process can use this package at all. Any thread; the answer is found once. Must never
 * throw, and must not touch {@link Kernel} before the JVM's consent is known: its initialiser would fail,
 * and fail again for everybody after it.
 */
public final class NativeAccess {
    private NativeAccess() {}

    /** Why the kernel cannot be called as Homeport needs it, in words for a log; null if it can. */
    public static @Nullable String unavailableReason() {
        return Answer.REASON;
    }

    /** Whether calls into native code are allowed for this module. */
    public static boolean isAllowed() {
        if (NativeAccess.class.getModule().isNativeAccessEnabled()) {
            return true;
        }
        // By default the JVM says "not enabled" until the first use, then allows it with a warning; only an
        // attempt tells that from a real refusal. This one runs no native code and touches no memory.
        try {
            return MemorySegment.NULL.reinterpret(0).byteSize() == 0;
        } catch (IllegalCallerException refused) {
            return false;
        }
    }

    private static @Nullable String find() {
        String platform = platformReason(
                System.getProperty("os.name", ""), System.getProperty("os.arch", ""), ByteOrder.nativeOrder());
        if (platform != null) {
            return platform;
        }
        if (!isAllowed()) {
            return "native access is denied to this JVM: start it with --enable-native-access=ALL-UNNAMED";
        }
        try {
            return kernelReason();
        } catch (Throwable unexpected) {
            return "the kernel cannot be called: " + unexpected;
        }
    }

    static @Nullable String platformReason(String osName, String osArch, ByteOrder order) {
        if (!osName.equals("Linux")) {
            return "the operating system is " + osName + ", not Linux";
        }
        if (!SyscallNumbers.knows(osArch) || order != ByteOrder.LITTLE_ENDIAN) {
            return "no system call table for this architecture: os.arch=" + osArch + ", byteOrder=" + order;
        }
        return null;
    }

    private static @Nullable String kernelReason() {
        int descriptor = Memfd.create("homeport-probe");
        if (descriptor < 0) {
            return "no sealed memory: memfd_create gives " + Errno.name(descriptor);
        }
        int sealed = Memfd.addSeals(descriptor, Memfd.SEAL_FUTURE_WRITE);
        Descriptors.close(descriptor);
        if (sealed < 0) {
            return "no one-way memory: F_SEAL_FUTURE_WRITE gives " + Errno.name(sealed);
        }
        if (!Futex.hasWaitAny()) {
            return "no futex_waitv: it needs Linux 5.16 and a system call filter that lets it pass";
        }
        return null;
    }

    /** Found at first use, once. */
    private static final class Answer {
        static final @Nullable String REASON = find();
    }
}
