/**
 * The edge to the Linux kernel, and the only user of {@link java.lang.foreign.Linker}. Each class is named
 * after a facility of the kernel and has static methods that return a value or {@code -errno}; an error the
 * kernel may well report is never thrown. Nothing here knows what Homeport is.
 *
 * <p>Descriptors are plain {@code int}s and addresses plain {@code long}s here: whoever gets one owns it.
 * Calls that can wait are named {@code await…} or {@code connect} and are for platform threads only, see
 * {@link dev.homeport.lpc.syscall.VirtualThreadGuard}. Ask {@link dev.homeport.lpc.syscall.NativeAccess}
 * before using anything else.
 */
@NullMarked
package dev.homeport.lpc.syscall;

import org.jspecify.annotations.NullMarked;
