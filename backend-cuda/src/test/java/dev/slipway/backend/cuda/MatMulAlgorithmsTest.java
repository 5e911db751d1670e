package dev.slipway.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class MatMulAlgorithmsTest {
  private static final int ALGORITHM_BYTES = 64;

  private static CublasLt.Algorithm algorithm(int fill, long workspace) {
    MemorySegment bytes = Arena.ofAuto().allocate(ALGORITHM_BYTES, 16).fill((byte) fill);
    return new CublasLt.Algorithm(bytes, workspace);
  }

  @Test
  void readsWhatItWrites() {
    MatMulTactic.Algorithms both = new MatMulTactic.Algorithms(algorithm(3, 4096), algorithm(-5, 1L << 33));
    MatMulTactic.Algorithms read = MatMulTactic.Algorithms.read(both.written());
    assertThat(read.aligned().workspaceBytes()).isEqualTo(4096);
    assertThat(read.unaligned().workspaceBytes()).isEqualTo(1L << 33);
    assertThat(read.aligned().bytes().toArray(ValueLayout.JAVA_BYTE)).hasSize(ALGORITHM_BYTES).containsOnly(3);
    assertThat(read.unaligned().bytes().toArray(ValueLayout.JAVA_BYTE)).containsOnly(-5);
    assertThat(read.workspaceBytes()).isEqualTo(1L << 33);
  }
}
