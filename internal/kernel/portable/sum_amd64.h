// SUM adds the lanes of y in float64: the sum becomes the low half of to.
#define SUM(y, x, to, wide, half, rest) \
	VCVTPS2PD x, wide; \
	VEXTRACTF128 $1, y, half; \
	VCVTPS2PD half, rest; \
	VADDPD rest, wide, wide; \
	VEXTRACTF128 $1, wide, half; \
	VADDPD half, to, to; \
	VHADDPD to, to, to
