/**
 * Frames of a peer, right ones and wrong ones, made from the grammar of docs/wire.md by a seed; and one side of a
 * connection that must take them all: see {@link dev.homeport.testkit.frames.EngineSubject}.
 */
@NullMarked
package dev.homeport.testkit.frames;

import org.jspecify.annotations.NullMarked;
