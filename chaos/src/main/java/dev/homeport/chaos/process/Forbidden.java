package dev.homeport.chaos.process;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * {@code Forbidden <number,...> <arguments of Alone>}: has the kernel refuse these system calls to the whole process, by a
 * filter as container runtimes set one, and goes on as {@link Alone}. The numbers are those of x86-64.
 */
public final class Forbidden {
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final long SYS_SECCOMP = 317;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SECCOMP_FILTER_FLAG_TSYNC = 1;
    private static final int RETURN_EPERM = 0x0005_0001;
    private static final int RETURN_ALLOW = 0x7fff_0000;
    private static final short LOAD_WORD = 0x20;
    private static final short JUMP_IF_EQUAL = 0x15;
    private static final short RETURN = 0x06;
    private static final int INSTRUCTION_BYTES = 8;

    private Forbidden() {}

    /** Forbids, and runs. */
    public static void main(String[] arguments) throws Throwable {
        forbid(Arrays.stream(arguments[0].split(",")).mapToInt(Integer::parseInt).toArray());
        Alone.main(Arrays.copyOfRange(arguments, 1, arguments.length));
    }

    private static void forbid(int[] numbers) throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle syscall = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                Linker.Option.firstVariadicArg(1));
        MethodHandle prctl = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("prctl"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
                Linker.Option.firstVariadicArg(1));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment program = program(arena, numbers);
            int privileges = (int) prctl.invokeExact(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
            long set = (long) syscall.invokeExact(
                    SYS_SECCOMP, (long) SECCOMP_SET_MODE_FILTER, (long) SECCOMP_FILTER_FLAG_TSYNC, program);
            if (privileges != 0 || set != 0) {
                throw new IllegalStateException("no filter: prctl=" + privileges + ", seccomp=" + set);
            }
        }
    }

    /** Loads the number of the call; refuses those; allows what is left. */
    private static MemorySegment program(Arena arena, int[] numbers) {
        int count = 2 + 2 * numbers.length;
        MemorySegment filter = arena.allocate((long) count * INSTRUCTION_BYTES, 8);
        instruction(filter, 0, LOAD_WORD, 0, 0);
        int at = 1;
        for (int number : numbers) {
            instruction(filter, at++, JUMP_IF_EQUAL, 1, number);
            instruction(filter, at++, RETURN, 0, RETURN_EPERM);
        }
        instruction(filter, at, RETURN, 0, RETURN_ALLOW);
        MemorySegment program = arena.allocate(16, 8);
        program.set(ValueLayout.JAVA_SHORT, 0, (short) count);
        program.set(ValueLayout.ADDRESS, 8, filter);
        return program;
    }

    /** @param skipIfNot instructions passed over if a comparison fails */
    private static void instruction(MemorySegment filter, int index, short code, int skipIfNot, int operand) {
        long at = (long) index * INSTRUCTION_BYTES;
        filter.set(ValueLayout.JAVA_SHORT, at, code);
        filter.set(ValueLayout.JAVA_BYTE, at + 3, (byte) skipIfNot);
        filter.set(ValueLayout.JAVA_INT, at + 4, operand);
    }
}
