package dev.homeport.lpc.syscall;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Layout of {@code struct msghdr}, {@code iovec} and {@code cmsghdr} on 64-bit Linux, both architectures.
 *
 * <pre>
 * msghdr                                  cmsghdr, aligned to 8
 *    0  name address      32  control       0  length, header included
 *    8  name length       40  control len   8  level (int32)
 *   16  iovec address     48  flags        12  type (int32)
 *   24  iovec count                        16  data
 * iovec:  0 address, 8 length
 * </pre>
 */
final class MessageHeader {
    static final int BYTES = 56;
    static final int IOVEC = 16;
    static final int IOVEC_COUNT = 24;
    static final int CONTROL = 32;
    static final int CONTROL_BYTES = 40;
    static final int FLAGS = 48;
    static final int CMSG_DATA = 16;

    private MessageHeader() {}

    static long controlBytes(int descriptors) {
        return CMSG_DATA + (4L * descriptors + 7 & ~7L);
    }

    static void fill(
            MemorySegment header, MemorySegment iovec, long data, long dataBytes, MemorySegment control) {
        iovec.set(JAVA_LONG, 0, data);
        iovec.set(JAVA_LONG, 8, dataBytes);
        header.set(JAVA_LONG, IOVEC, iovec.address());
        header.set(JAVA_LONG, IOVEC_COUNT, 1);
        header.set(JAVA_LONG, CONTROL, control.address());
        header.set(JAVA_LONG, CONTROL_BYTES, control.byteSize());
        header.set(JAVA_INT, FLAGS, 0);
    }
}
