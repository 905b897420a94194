#include "textflag.h"
#include "gelu_amd64.h"

// MILLS reads x at (SI) into Y0 and sets Y1 to z = |x|, at most FAR, and Y4 to M(z). NaN stays, being the second
// source of VMINPS. Three bits of the shifted number name the interval; VPERMPS ignores the others.
#define MILLS \
	VMOVUPS (SI), Y0; \
	VANDPS MAGNITUDE, Y0, Y9; \
	VMOVUPS FAR, Y1; \
	VMINPS Y9, Y1, Y1; \
	VMOVUPS ONE, Y2; \
	VFMADD231PS SPREAD, Y1, Y2; \
	VPSRLD $22, Y2, Y2; \
	VPERMPS CENTRE, Y2, Y3; \
	VSUBPS Y3, Y1, Y3; \
	VPERMPS MILLS7, Y2, Y4; \
	STEP(MILLS6, Y5); \
	STEP(MILLS5, Y6); \
	STEP(MILLS4, Y5); \
	STEP(MILLS3, Y6); \
	STEP(MILLS2, Y5); \
	STEP(MILLS1, Y6); \
	STEP(MILLS0, Y5)

#define STEP(row, t) \
	VPERMPS row, Y2, t; \
	VFMADD213PS t, Y3, Y4

// EXP times Y4, that is Y4 e^(-z^2/2), becomes Y8 Y7. The rounding error of z^2/2 is brought back (Y5), and Y4 + Y4 (e^r-1) rounds once
// where Y4 e^r rounds twice. Y7 is a power of two, 0 from FAR on (9 is "not greater
// or equal").
#define EXP \
	VMULPS MINUS_HALF, Y1, Y5; \
	VMULPS Y5, Y1, Y6; \
	VFMSUB213PS Y6, Y1, Y5; \
	VMOVUPS SHIFTER, Y7; \
	VFMADD231PS LOG2E, Y6, Y7; \
	VSUBPS SHIFTER, Y7, Y8; \
	VFNMADD231PS LN2_HIGH, Y8, Y6; \
	VFNMADD231PS LN2_LOW, Y8, Y6; \
	VADDPS Y5, Y6, Y6; \
	VMOVUPS EXP7, Y8; \
	VFMADD213PS EXP6, Y6, Y8; \
	VFMADD213PS EXP5, Y6, Y8; \
	VFMADD213PS EXP4, Y6, Y8; \
	VFMADD213PS EXP3, Y6, Y8; \
	VFMADD213PS EXP2, Y6, Y8; \
	VMULPS Y6, Y8, Y8; \
	VFMADD213PS Y6, Y6, Y8; \
	VFMADD213PS Y4, Y4, Y8; \
	VCMPPS $9, FAR, Y9, Y9; \
	VPSLLD $23, Y7, Y7; \
	VANDPS Y9, Y7, Y7

// func gelu256(y, x *float32, n int, constants *[25]lanes)
TEXT ·gelu256(SB), NOSPLIT, $0-32
	MOVQ y+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ constants+24(FP), R8
	VXORPS Y15, Y15, Y15

loop: // y = max(x,0) - z Phi(-z)
	MILLS
	EXP
	VMULPS Y7, Y1, Y7
	VMAXPS Y0, Y15, Y0
	VFNMADD231PS Y7, Y8, Y0
	VMOVUPS Y0, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func geluGrad256(dx, x, dy *float32, n int, constants *[25]lanes)
TEXT ·geluGrad256(SB), NOSPLIT, $0-40
	MOVQ dx+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ dy+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ constants+32(FP), R8

loop: // t = Phi(-z) - z density is gelu' left of 0, 1-t right of it
	MILLS
	VFNMADD231PS DENSITY, Y1, Y4
	EXP
	VMULPS Y7, Y8, Y8
	VMOVUPS ONE, Y4
	VSUBPS Y8, Y4, Y4
	VBLENDVPS Y0, Y8, Y4, Y4
	VMULPS (DX), Y4, Y4
	VMOVUPS Y4, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	ADDQ $32, DX
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET
