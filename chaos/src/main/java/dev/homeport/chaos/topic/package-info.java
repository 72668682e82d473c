/** The kinds of misfortune. */
@NullMarked
package dev.homeport.chaos.topic;

import org.jspecify.annotations.NullMarked;
