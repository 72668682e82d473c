package dev.homeport.chaos.process;

import dev.homeport.lpc.syscall.Mmap;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** Memory at an address that two processes agree on, so that a look at the one that meets the other finds something. */
public final class FixedMemory {
    /** Where it is: far from a heap, libraries and stacks. */
    public static final long ADDRESS = 0x2000_0000_0000L;
    /** How much, in bytes. */
    public static final long BYTES = 64 * 1024;
    /** What stands in every byte of a process's that lends it. */
    public static final byte LENT = 'L';
    /** What stands in every byte of a process's that has nothing to do with it. */
    public static final byte CANARY = 'N';

    private static final int READ_AND_WRITE = 3;
    private static final int PRIVATE_ANONYMOUS_AND_FREE = 0x02 | 0x20 | 0x10_0000;

    private FixedMemory() {}

    /** Maps it and fills it. */
    static MemorySegment map(byte content) throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle mmap = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("mmap"),
                FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
        long address = (long) mmap.invokeExact(
                ADDRESS, BYTES, READ_AND_WRITE, PRIVATE_ANONYMOUS_AND_FREE, -1, 0L);
        if (address != ADDRESS) {
            throw new IllegalStateException("not there: address=0x" + Long.toHexString(address));
        }
        return Mmap.view(address, BYTES).fill(content);
    }

    /** Whether that stands in every byte. */
    static boolean isAll(MemorySegment memory, byte content) {
        byte[] bytes = memory.toArray(ValueLayout.JAVA_BYTE);
        byte[] expected = new byte[bytes.length];
        Arrays.fill(expected, content);
        return Arrays.equals(bytes, expected);
    }
}
