/** How large messages travel: blocks in sections, who may have how much of them, and who gives them back. */
@NullMarked
package dev.homeport.lpc.transfer;

import org.jspecify.annotations.NullMarked;
