/**
 * A daemon as the services of an operating system are: run as root, it answers programs of other users about the
 * host. Who asks is the kernel's word; that decides what is shown, and an access rule what may be called.
 */
@NullMarked
package dev.homeport.examples.host;

import org.jspecify.annotations.NullMarked;
