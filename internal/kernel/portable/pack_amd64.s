#include "textflag.h"

// ARGUMENTS loads what the three loops take: DI is the panel, DX its width in bytes, SI the matrix,
// BX the bytes from one of its rows to the next, CX the depth.
#define ARGUMENTS(stride) \
	MOVQ dst+0(FP), DI; \
	MOVQ src+8(FP), SI; \
	MOVQ width+16(FP), DX; \
	MOVQ stride+24(FP), BX; \
	MOVQ depth+32(FP), CX; \
	SHLQ $2, DX; \
	SHLQ $2, BX

// func interleave8(dst, src *float32, width, across, depth int)
TEXT ·interleave8(SB), NOSPLIT, $0-40
	ARGUMENTS(across)
	LEAQ (SI)(BX*1), R9
	LEAQ (SI)(BX*2), R10
	LEAQ (R9)(BX*2), R11

loop:
	VMOVUPS (SI), Y0
	VMOVUPS (R9), Y1
	VMOVUPS (R10), Y2
	VMOVUPS (R11), Y3
	VUNPCKLPS Y1, Y0, Y4
	VUNPCKHPS Y1, Y0, Y5
	VUNPCKLPS Y3, Y2, Y6
	VUNPCKHPS Y3, Y2, Y7
	VUNPCKLPD Y6, Y4, Y0
	VUNPCKHPD Y6, Y4, Y1
	VUNPCKLPD Y7, Y5, Y2
	VUNPCKHPD Y7, Y5, Y3
	VMOVUPS X0, (DI)
	ADDQ DX, DI
	VMOVUPS X1, (DI)
	ADDQ DX, DI
	VMOVUPS X2, (DI)
	ADDQ DX, DI
	VMOVUPS X3, (DI)
	ADDQ DX, DI
	VEXTRACTF128 $1, Y0, (DI)
	ADDQ DX, DI
	VEXTRACTF128 $1, Y1, (DI)
	ADDQ DX, DI
	VEXTRACTF128 $1, Y2, (DI)
	ADDQ DX, DI
	VEXTRACTF128 $1, Y3, (DI)
	ADDQ DX, DI
	ADDQ $32, SI
	ADDQ $32, R9
	ADDQ $32, R10
	ADDQ $32, R11
	SUBQ $8, CX
	JNZ  loop
	VZEROUPPER
	RET

// func copy32(dst, src *float32, width, deep, depth int)
TEXT ·copy32(SB), NOSPLIT, $0-40
	ARGUMENTS(deep)

row32:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	ADDQ BX, SI
	ADDQ DX, DI
	DECQ CX
	JNZ  row32
	VZEROUPPER
	RET

// func copy12(dst, src *float32, width, deep, depth int)
TEXT ·copy12(SB), NOSPLIT, $0-40
	ARGUMENTS(deep)

row12:
	VMOVUPS (SI), X0
	VMOVUPS 16(SI), X1
	VMOVUPS 32(SI), X2
	VMOVUPS X0, (DI)
	VMOVUPS X1, 16(DI)
	VMOVUPS X2, 32(DI)
	ADDQ BX, SI
	ADDQ DX, DI
	DECQ CX
	JNZ  row12
	RET
