package dev.homeport.lpc.syscall;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * Which processor this thread is on: {@code sched_getcpu(3)}, which reads a word and does not enter the
 * kernel; therefore critical, the only call here that is.
 */
public final class Cpu {
    private static final MethodHandle SCHED_GETCPU = link();

    private Cpu() {}

    private static MethodHandle link() {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("sched_getcpu")
                .map(function -> linker.downcallHandle(
                        function, FunctionDescriptor.of(JAVA_INT), Linker.Option.critical(false)))
                .orElse(MethodHandles.constant(int.class, -1)); // a libc without it
    }

    /** Number of the processor, perhaps no longer true; -1 if unknown. */
    public static int current() {
        try {
            return (int) SCHED_GETCPU.invokeExact();
        } catch (Throwable thrown) {
            throw new IllegalStateException("sched_getcpu failed to run", thrown);
        }
    }
}
