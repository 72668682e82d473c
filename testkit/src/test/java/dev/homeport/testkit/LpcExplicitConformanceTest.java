package dev.homeport.testkit;

import org.junit.jupiter.api.Tag;

/** The suite over explicit builders that go local or fail. */
@Tag("lpc")
@On(ExplicitLocalTransport.class)
class LpcExplicitConformanceTest extends ConformanceSuite {}
