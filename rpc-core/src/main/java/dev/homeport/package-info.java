/** The public API of Homeport: builders, routes, identity of peers. */
@NullMarked
package dev.homeport;

import org.jspecify.annotations.NullMarked;
