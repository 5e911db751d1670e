package dev.slipway.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceValuesTest {
  private static final Tensor ROW = Tensor.of(new float[] {1, 2, 3}, 1, 3);
  private static final Tensor COLUMN = Tensor.of(new float[] {4, 5, 6, 7, 8}, 5, 1);

  @TempDir private Path folder;

  @Test
  void keepsTheFirstInMemoryAndTheRestInAFile() {
    try (TraceValues values = new TraceValues(12, folder)) {
      values.put("row", ROW);
      values.put("column", COLUMN);
      values.put("indices", Tensor.vector(9, 10));
      values.put("nothing", Tensor.allocate(DType.FLOAT32, 0, 3));

      Trace trace = values.trace();
      assertThat(trace.values().keySet()).containsExactly("row", "column", "indices", "nothing");
      assertThat(trace.values().get("row")).isSameAs(ROW);
      assertThat(trace.values().get("column").data().isMapped()).isTrue();
      assertThat(trace.values().get("column").type()).isEqualTo(COLUMN.type());
      assertThat(trace.values().get("column").toDoubles()).containsExactly(4, 5, 6, 7, 8);
      assertThat(trace.values().get("indices").toDoubles()).containsExactly(9, 10);
      assertThat(trace.values().get("nothing").elementCount()).isZero();
    }
  }

  @Test
  void leavesValuesButNoFile() {
    TraceValues values = new TraceValues(0, folder);
    values.put("row", ROW);
    values.close();
    assertThat(folder).isEmptyDirectory();
    assertThat(values.find("row").orElseThrow().toDoubles()).containsExactly(1, 2, 3);
    assertThat(values.find("column")).isEmpty();
  }

  @Test
  void saysWhereItCouldNotWrite() {
    Path none = folder.resolve("none");
    try (TraceValues values = new TraceValues(0, none)) {
      assertThatThrownBy(() -> values.put("row", ROW))
          .isInstanceOf(SlipwayException.class)
          .hasMessage("values of the run: cannot be written to " + none + ": no such file or folder (expected: room for"
              + " them; -Djava.io.tmpdir=DIR names another folder)");
    }
  }
}
