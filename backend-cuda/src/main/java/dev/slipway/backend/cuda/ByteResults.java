package dev.slipway.backend.cuda;

/**
 * Writes how the sums of a product of bytes become results in memory. The kernel has, for each thread, {@code GROUPS}
 * times {@code RUN} neighbouring channels, which {@code firstChannel} and {@code channelOf} tell, of {@code PARTS} times
 * two pixels: {@code STRIDE} and eight behind {@code m0 + firstRow}.
 */
final class ByteResults {
  private ByteResults() {}

  static String write(ByteEpilogue epilogue) {
    return """
        #pragma unroll
          for (int group = 0; group < GROUPS; group++) {
        %s
        #pragma unroll
            for (int word = 0; word < RUN / 4; word++) {
              const int channel = channelOf(group, word);
              if (channel >= channels) continue;
        %s
        #pragma unroll
              for (int i = 0; i < PARTS; i++) {
        #pragma unroll
                for (int half = 0; half < 2; half++) {
                  const int pixel = m0 + firstRow + i * STRIDE + half * 8;
        %s%s%s
                }
              }
            }
        %s
          }
        """.formatted(
            epilogue.givesBytes() ? "Pack<unsigned, RUN / 4> bytes[PARTS][2];" : "",
            epilogue.channels(),
            epilogue.hasSide() ? epilogue.hasBytes() ? NEAR_BYTES : NEAR_FLOATS : "",
            epilogue.results("sum[i][group * 8 + word * 2 + e / 2][half * 2 + e % 2]"),
            epilogue.givesBytes() ? "bytes[i][half].v[word] = " + epilogue.bytes() + ";" : STORE_FLOATS,
            epilogue.givesBytes() ? STORE_BYTES : "");
  }

  private static final String NEAR_BYTES = """
      float beside[4];
      #pragma unroll
      for (int e = 0; e < 4; e++) beside[e] = ofByte(near[group][i][half].v[word], e);
      """;

  private static final String NEAR_FLOATS = """
      Pack<float, 4> near = {};
      if (pixel < pixels) near = *(const Pack<float, 4>*) (side + (long long) pixel * channels + channel);
      const float (&beside)[4] = near.v;
      """;

  private static final String STORE_FLOATS = """
      Pack<float, 4> numbers;
      #pragma unroll
      for (int e = 0; e < 4; e++) numbers.v[e] = mask >> e * 8 & 1 ? result[e] : 0.f;
      float* const to = out + (long long) pixel * channels + channel;
      if (pixel < pixels && channels % 4 == 0 && channel < channels) {
        *(Pack<float, 4>*) to = numbers;
      } else if (pixel < pixels) {
      #pragma unroll
        for (int e = 0; e < 4; e++) {
          if (channel + e < channels) to[e] = numbers.v[e];
        }
      }
      """;

  private static final String STORE_BYTES = """
      #pragma unroll
          for (int i = 0; i < PARTS * 2; i++) {
            const int pixel = m0 + firstRow + i / 2 * STRIDE + i % 2 * 8, channel = firstChannel(group);
            unsigned char* const to = out + (long long) pixel * channels + channel;
            if (pixel >= pixels || channel >= channels) continue;
            if (channels % 16 == 0) {
              *(Pack<unsigned, RUN / 4>*) to = bytes[i / 2][i % 2];
            } else {
      #pragma unroll
              for (int e = 0; e < RUN; e++) {
                if (channel + e < channels) to[e] = (unsigned char) (bytes[i / 2][i % 2].v[e / 4] >> e % 4 * 8);
              }
            }
          }
      """;
}
