/** Campaigns: each repeats one kind of misfortune and says in one line how often, what failed, and by which seed. */
@NullMarked
package dev.homeport.chaos;

import org.jspecify.annotations.NullMarked;
