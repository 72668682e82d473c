/**
 * Calls by name, without generated code: {@link dev.homeport.generic.GenericStub} with messages or JSON on any
 * channel, and protobuf's own generic services on channels and servers of gRPC. Knows no transport.
 */
@NullMarked
package dev.homeport.generic;

import org.jspecify.annotations.NullMarked;
