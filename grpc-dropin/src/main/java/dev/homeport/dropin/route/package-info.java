/** What the drop-in's providers hand on to, once the JVM is known to be new enough. */
@NullMarked
package dev.homeport.dropin.route;

import org.jspecify.annotations.NullMarked;
