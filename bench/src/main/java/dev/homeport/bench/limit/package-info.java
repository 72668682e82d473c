/** What no RPC can beat: bytes through shared memory with nothing around them. */
@NullMarked
package dev.homeport.bench.limit;

import org.jspecify.annotations.NullMarked;
