/**
 * A server that does a batch for its caller and asks it on the way, by callback: whether a file may go, and how far it
 * is. Local or by TCP is a matter of configuration; both sides are built by gRPC's own builders.
 */
@NullMarked
package dev.homeport.examples.approvals;

import org.jspecify.annotations.NullMarked;
