package dev.slipway.evaluation;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Keeps samples in memory once all have been seen, where they fit. For one thread at a time. */
final class CachedSamples implements Samples {
  private final Samples source;
  private final long limit;
  private Optional<List<Sample>> kept = Optional.empty();

  /** @param limit bytes that all inputs together may take */
  CachedSamples(Samples source, long limit) {
    this.source = source;
    this.limit = limit;
  }

  @Override
  public int size() {
    return source.size();
  }

  @Override
  public Stream<Sample> stream() {
    return kept.map(List::stream).orElseGet(() -> {
      Pass pass = new Pass();
      return source.stream().map(pass::keep);
    });
  }

  /** One walk over the source. */
  private final class Pass {
    private final List<Sample> seen = new ArrayList<>();
    private long bytes;

    Sample keep(Sample sample) {
      bytes += sample.inputs().values().stream().mapToLong(tensor -> tensor.type().bytes()).sum();
      if (bytes > limit) {
        seen.clear();
        return sample;
      }
      seen.add(sample);
      if (seen.size() == size()) {
        kept = Optional.of(List.copyOf(seen));
      }
      return sample;
    }
  }
}
